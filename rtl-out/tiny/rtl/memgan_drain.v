// SPDX-License-Identifier: MIT OR Apache-2.0
// memgan 0.1.0, configuration 27fc81e8c50ef658
// Source: src/rtl/drain.rs
//
// Cuts segments of the output into memory words, in step with the conversion groups whose results a
// bank has captured. A finish operation has no groups: its elements come from the accumulators.
//
// Segments come in the order of their columns, and the last columns belong to the last segment of a
// position. One memory word a cycle. release_o frees the captured group in the cycle in which it is
// last used. element_done_o of a word is high when the word is complete, so that random streams and
// the bias pattern advance once a word.
//
// Latency: beat_* 1 cycle after result_word_o.

`default_nettype none

module memgan_drain (
  // Clock and reset
  input  wire        clk_i,
  input  wire        rst_ni,             // asynchronous, active low
  // Operation
  input  wire        start_i,
  input  wire        finish_i,           // no groups
  input  wire [4:0]  groups_last_i,      // conversions a read - 1
  input  wire [6:0]  group_columns_i,    // columns a conversion
  input  wire [4:0]  bias_last_i,        // words of the bias pattern - 1
  // Segments
  input  wire        segment_valid_i,
  output wire        segment_ready_o,
  input  wire [6:0]  segment_address_i,  // first output element
  input  wire [6:0]  segment_index_i,    // first matrix column
  input  wire [6:0]  segment_len_i,      // elements, 0 for none
  input  wire        segment_last_i,     // last of its position
  input  wire        segment_final_i,    // last of the operation
  // Captured results
  input  wire        captured_i,         // a group is captured
  output wire        release_o,
  output wire [1:0]  result_word_o,      // column within the group / lanes
  output wire [3:0]  result_next_o,      // lanes that show the next word
  input  wire [39:0] sums_i,             // that word's column sums, in the same cycle
  // Beats: one memory word each
  output reg         beat_valid_o,
  output reg  [4:0]  beat_word_o,        // output element / lanes
  output reg  [3:0]  beat_mask_o,        // lanes
  output reg  [1:0]  beat_turn_o,        // rotation from column lanes to element lanes
  output reg  [4:0]  beat_bias_o,        // word of the bias pattern
  output reg         beat_done_o,        // the word is complete
  output reg  [39:0] beat_sums_o,        // column sums, in column lanes
  output reg         all_sent_o          // from the operation's last beat to the next start_i
);

  // ---- Segment in progress; element is relative to the group ----

  reg       valid_q;
  reg [6:0] address_q;
  reg [6:0] element_q;
  reg [6:0] left_q;
  reg       last_q;
  reg       final_q;
  reg [4:0] group_q;
  reg [6:0] group_base_q;
  reg [4:0] bias_q;

  // ---- What this cycle does ----

  wire       available = captured_i || finish_i;
  wire       empty = !(|left_q);
  wire       beyond = !finish_i && element_q >= group_columns_i;
  wire       last_group = finish_i || group_q == groups_last_i;
  wire       emit = valid_q && !empty && !beyond && available;
  wire       skip = valid_q && !empty && beyond && available;
  wire       flush = valid_q && empty && last_q && available;
  wire [1:0] offset = address_q[1:0];
  wire [2:0] room = 3'd4 - {1'b0, offset};
  wire       ends_in_word = left_q <= {4'd0, room};
  wire [2:0] fits_in_word = ends_in_word ? left_q[2:0] : room;
  wire [6:0] in_group = group_columns_i - element_q;
  wire       cut_by_group = !finish_i && in_group < {4'd0, fits_in_word};
  wire [2:0] take = cut_by_group ? in_group[2:0] : fits_in_word;
  wire       segment_done = emit && left_q == {4'd0, take};
  wire       group_done = emit && !finish_i && in_group == {4'd0, take};
  wire       position_done = (segment_done && last_q && last_group) || (flush && last_group);
  wire       word_done = (fits_in_word == room && !cut_by_group) || (position_done && final_q);
  wire       next_segment = !valid_q ||
      (segment_done && !last_q) ||
      (valid_q && empty && !last_q) ||
      position_done;
  wire       freed = skip || flush || group_done || position_done;

  assign release_o = freed && !finish_i;
  assign segment_ready_o = next_segment;

  wire [6:0] next_group_base = position_done ? 7'd0
      : freed ? group_base_q + group_columns_i
      : group_base_q;
  wire [6:0] moved = element_q + {4'd0, take};

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      valid_q <= 1'b0;
      group_q <= 5'd0;
      group_base_q <= 7'd0;
      address_q <= 7'd0;
      element_q <= 7'd0;
      left_q <= 7'd0;
      last_q <= 1'b0;
      final_q <= 1'b0;
    end else if (start_i) begin
      valid_q <= 1'b0;
      group_q <= 5'd0;
      group_base_q <= 7'd0;
    end else begin
      group_base_q <= next_group_base;
      if (position_done) begin
        group_q <= 5'd0;
      end else if (freed) begin
        group_q <= group_q + 5'd1;
      end
      if (next_segment) begin
        valid_q <= segment_valid_i;
        address_q <= segment_address_i;
        element_q <= segment_index_i - next_group_base;
        left_q <= segment_len_i;
        last_q <= segment_last_i;
        final_q <= segment_final_i;
      end else if (emit) begin
        address_q <= address_q + {4'd0, take};
        left_q <= left_q - {4'd0, take};
        element_q <= group_done ? 7'd0 : moved;
      end else if (skip) begin
        element_q <= element_q - group_columns_i;
      end
    end
  end

  // ---- Bias pattern: one word a memory word, repeating ----

  wire bias_end = bias_q == bias_last_i;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      bias_q <= 5'd0;
    end else if (start_i) begin
      bias_q <= 5'd0;
    end else if (emit && word_done) begin
      bias_q <= bias_end ? 5'd0 : bias_q + 5'd1;
    end
  end

  // ---- Beat ----

  wire [1:0] column_lane = element_q[1:0];
  wire [4:0] column_word = element_q[6:2];
  wire       unused_column_word = &{1'b0, column_word[4:2]};

  assign result_word_o = column_word[1:0];

  wire [3:0] next_word_lanes_from = 4'd15 << column_lane;
  wire [3:0] next_word_lanes = ~next_word_lanes_from;

  assign result_next_o = next_word_lanes;

  wire [3:0] beat_beyond = 4'd15 << take;
  wire [3:0] beat_mask = (~beat_beyond) << offset;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      beat_valid_o <= 1'b0;
      all_sent_o <= 1'b0;
    end else begin
      beat_valid_o <= emit;
      if (start_i) begin
        all_sent_o <= 1'b0;
      end else if (position_done && final_q) begin
        all_sent_o <= 1'b1;
      end
    end
  end

  always @(posedge clk_i) begin
    if (emit) begin
      beat_word_o <= address_q[6:2];
      beat_mask_o <= beat_mask;
      beat_turn_o <= offset - column_lane;
      beat_bias_o <= bias_q;
      beat_done_o <= word_done;
      beat_sums_o <= sums_i;
    end
  end

endmodule

`default_nettype wire
