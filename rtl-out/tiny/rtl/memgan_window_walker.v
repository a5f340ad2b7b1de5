// SPDX-License-Identifier: MIT OR Apache-2.0
// memgan 0.1.0, configuration 27fc81e8c50ef658
// Source: src/rtl/walkers.rs
//
// Slides a window over an image and emits one contiguous run of elements a kernel row, clipped at
// the image's edges. All lengths are in elements: a pixel is `channels` elements.
//
// `start_i` for one cycle with the operation's fields, which stay stable; then segments are offered
// until the final one is taken. A segment outside the image has length 0.
//
// Latency: first segment 1 cycle after start_i, then one a cycle.

`default_nettype none

module memgan_window_walker (
  // Clock and reset
  input  wire       clk_i,
  input  wire       rst_ni,              // asynchronous, active low
  // Operation
  input  wire       start_i,
  input  wire [6:0] kernel_last_i,       // kernel rows - 1
  input  wire [6:0] row_len_i,           // elements of a window row
  input  wire [6:0] image_rows_i,
  input  wire [6:0] image_row_len_i,     // elements of an image row
  input  wire [6:0] stride_i,            // image rows from position to position
  input  wire [6:0] step_i,              // elements from position to position
  input  wire [6:0] row_step_i,          // stride * image row length
  input  wire [6:0] padding_i,           // image rows
  input  wire [6:0] padding_len_i,       // elements
  input  wire [6:0] padding_rows_len_i,  // padding * image row length
  input  wire [4:0] positions_x_last_i,  // positions across - 1
  input  wire [4:0] positions_y_last_i,  // positions down - 1
  // Segments
  input  wire       segment_ready_i,
  output wire       segment_valid_o,
  output wire [6:0] segment_address_o,   // first element
  output wire [6:0] segment_len_o,       // elements, 0 outside the image
  output wire       segment_last_o,      // last of its position
  output wire       segment_final_o,     // last of the operation
  output wire [6:0] segment_index_o      // first index in the window vector
);

  // ---- Position: the window's left edge and row, relative to the image, may be negative ----

  reg       valid_q;
  reg [6:0] kernel_row_q;
  reg [8:0] left_q;
  reg [8:0] row_q;
  reg [8:0] first_row_q;
  reg [8:0] row_address_q;
  reg [8:0] first_row_address_q;
  reg [6:0] index_q;
  reg [4:0] position_x_q;
  reg [4:0] position_y_q;

  // ---- Clipping ----

  wire       over_left = left_q[8];
  wire [8:0] skipped = over_left ? -left_q : 9'd0;
  wire [8:0] to_edge = {2'd0, image_row_len_i} - left_q;
  wire       past_right = $signed(to_edge) < $signed({2'd0, row_len_i});
  wire [8:0] end_of_run = past_right ? to_edge : {2'd0, row_len_i};
  wire [8:0] run = end_of_run - skipped;
  wire       in_image = !row_q[8] && row_q < {2'd0, image_rows_i} && $signed(9'd0) < $signed(run);
  wire [8:0] address = row_address_q + (over_left ? 9'd0 : left_q);

  assign segment_valid_o = valid_q;
  assign segment_address_o = address[6:0];
  assign segment_len_o = in_image ? run[6:0] : 7'd0;
  assign segment_index_o = index_q + skipped[6:0];

  wire unused_ok = &{1'b0, address[8:7]};
  wire kernel_end = kernel_row_q == kernel_last_i;
  wire x_end = position_x_q == positions_x_last_i;
  wire y_end = position_y_q == positions_y_last_i;

  assign segment_last_o = kernel_end;
  assign segment_final_o = kernel_end && x_end && y_end;

  wire [8:0] minus_padding = -{2'd0, padding_i};
  wire [8:0] minus_padding_len = -{2'd0, padding_len_i};
  wire [8:0] minus_padding_rows = -{2'd0, padding_rows_len_i};
  wire [8:0] next_first_row = first_row_q + {2'd0, stride_i};
  wire [8:0] next_first_row_address = first_row_address_q + {2'd0, row_step_i};

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      valid_q <= 1'b0;
      kernel_row_q <= 7'd0;
      index_q <= 7'd0;
      left_q <= 9'd0;
      row_q <= 9'd0;
      first_row_q <= 9'd0;
      row_address_q <= 9'd0;
      first_row_address_q <= 9'd0;
      position_x_q <= 5'd0;
      position_y_q <= 5'd0;
    end else if (start_i) begin
      valid_q <= 1'b1;
      kernel_row_q <= 7'd0;
      index_q <= 7'd0;
      left_q <= minus_padding_len;
      row_q <= minus_padding;
      first_row_q <= minus_padding;
      row_address_q <= minus_padding_rows;
      first_row_address_q <= minus_padding_rows;
      position_x_q <= 5'd0;
      position_y_q <= 5'd0;
    end else if (valid_q && segment_ready_i) begin
      if (!kernel_end) begin
        kernel_row_q <= kernel_row_q + 7'd1;
        index_q <= index_q + row_len_i;
        row_q <= row_q + 9'd1;
        row_address_q <= row_address_q + {2'd0, image_row_len_i};
      end else begin
        kernel_row_q <= 7'd0;
        index_q <= 7'd0;
        if (!x_end) begin
          position_x_q <= position_x_q + 5'd1;
          left_q <= left_q + {2'd0, step_i};
          row_q <= first_row_q;
          row_address_q <= first_row_address_q;
        end else begin
          position_x_q <= 5'd0;
          position_y_q <= position_y_q + 5'd1;
          left_q <= minus_padding_len;
          row_q <= next_first_row;
          first_row_q <= next_first_row;
          row_address_q <= next_first_row_address;
          first_row_address_q <= next_first_row_address;
          if (y_end) begin
            valid_q <= 1'b0;
          end
        end
      end
    end
  end

endmodule

`default_nettype wire
