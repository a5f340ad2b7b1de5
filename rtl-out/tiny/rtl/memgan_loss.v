// SPDX-License-Identifier: MIT OR Apache-2.0
// memgan 0.1.0, configuration 27fc81e8c50ef658
// Source: src/rtl/loss.rs
//
// Error of a network's output: output minus target, limited to -127..127, an element a cycle. The
// squares of the errors are added up for each phase; a sum stays at its largest value.
//
// `start_i` for one cycle with the operation's fields, which stay stable until done_o. The errors
// lie where the outputs lie. Lanes beyond the tensor's end are neither written nor added.
//
// Latency: 2 cycles, 1 a word, 1 an element; the last of them shows done_o.

`default_nettype none

module memgan_loss (
  // Clock and reset
  input  wire        clk_i,
  input  wire        rst_ni,                 // asynchronous, active low
  // Operation
  input  wire        start_i,
  input  wire [5:0]  source_word_i,          // first word of the output
  input  wire [5:0]  words_last_i,           // words - 1
  input  wire [1:0]  tail_i,                 // lanes of the last word - 1
  input  wire [7:0]  target_i,               // two's complement, -127..127
  output wire        done_o,                 // high until the next start
  // Activation memory
  output wire        read_valid_o,
  output wire [5:0]  read_address_o,
  input  wire [31:0] read_data_i,
  // Error memory
  output wire        error_write_valid_o,
  output wire [5:0]  error_write_address_o,
  output wire [3:0]  error_write_mask_o,     // one lane
  output wire [31:0] error_write_data_o,
  // Sums of squares
  input  wire        clear_i,                // a step starts
  input  wire [2:0]  phase_i,                // that runs
  output reg  [31:0] loss_real_o,
  output reg  [31:0] loss_fake_o,
  output reg  [31:0] loss_generate_o
);

  reg  [5:0] word_q;
  reg  [1:0] lane_q;
  wire       last_word = word_q == words_last_i;
  wire       last_lane = (&lane_q) || (last_word && lane_q == tail_i);

  memgan_loss_fsm u_fsm (
    .clk_i       (clk_i),
    .rst_ni      (rst_ni),
    .start_i     (start_i),
    .last_lane_i (last_lane),
    .last_word_i (last_word),
    .read_o      (read_valid_o),
    .write_o     (error_write_valid_o),
    .done_o      (done_o)
  );

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      word_q <= 6'd0;
      lane_q <= 2'd0;
    end else if (start_i) begin
      word_q <= 6'd0;
      lane_q <= 2'd0;
    end else if (error_write_valid_o) begin
      lane_q <= last_lane ? 2'd0 : lane_q + 2'd1;
      if (last_lane) begin
        word_q <= word_q + 6'd1;
      end
    end
  end

  wire [5:0] address = source_word_i + word_q;

  assign read_address_o = address;
  assign error_write_address_o = address;

  // ---- Error of an element ----

  wire [15:0] output_of_2 = lane_q[1] ? read_data_i[31:16] : read_data_i[15:0];
  wire [7:0]  output_of_1 = lane_q[0] ? output_of_2[15:8] : output_of_2[7:0];
  wire [8:0]  difference = {output_of_1[7], output_of_1} - {target_i[7], target_i};
  wire [7:0]  error = ($signed(difference) > $signed(9'd127)) ? 8'd127
      : ($signed(difference) < $signed(9'h181)) ? 8'h81
      : difference[7:0];

  assign error_write_mask_o = 4'd1 << lane_q;
  assign error_write_data_o = {4{error}};

  // ---- Its square ----

  wire [15:0] square = $signed({{8{error[7]}}, error}) * $signed({{8{error[7]}}, error});
  wire [32:0] total_real = {1'b0, loss_real_o} + {1'b0, 16'd0, square};
  wire [32:0] total_fake = {1'b0, loss_fake_o} + {1'b0, 16'd0, square};
  wire [32:0] total_generate = {1'b0, loss_generate_o} + {1'b0, 16'd0, square};

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      loss_real_o <= 32'd0;
      loss_fake_o <= 32'd0;
      loss_generate_o <= 32'd0;
    end else if (clear_i) begin
      loss_real_o <= 32'd0;
      loss_fake_o <= 32'd0;
      loss_generate_o <= 32'd0;
    end else if (error_write_valid_o) begin
      case (phase_i)
        3'd0: loss_real_o <= total_real[32] ? 32'hffffffff : total_real[31:0];
        3'd1: loss_fake_o <= total_fake[32] ? 32'hffffffff : total_fake[31:0];
        3'd3: loss_generate_o <= total_generate[32] ? 32'hffffffff : total_generate[31:0];
        default: begin
          // a phase without a loss
        end
      endcase
    end
  end

endmodule

`default_nettype wire
