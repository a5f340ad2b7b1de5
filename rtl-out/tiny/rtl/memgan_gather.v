// SPDX-License-Identifier: MIT OR Apache-2.0
// memgan 0.1.0, configuration 27fc81e8c50ef658
// Source: src/rtl/gather.rs
//
// Copies segments from the activation memory to the line DAC shadow registers. A memory word is
// rotated to the lanes of its destination; lanes flagged in dac_next_o belong to the next DAC word.
//
// One memory word a cycle. After the last segment of a vector nothing is read until apply_i moves
// the shadow registers to the lines; vector_ready_o is high from the vector's last write to
// apply_i.
//
// Latency: 3 cycles from the last read of a vector to vector_ready_o.

`default_nettype none

module memgan_gather (
  // Clock and reset
  input  wire        clk_i,
  input  wire        rst_ni,             // asynchronous, active low
  // Segments
  input  wire        segment_valid_i,
  output wire        segment_ready_o,
  input  wire [6:0]  segment_address_i,  // first element in the tensor
  input  wire [6:0]  segment_index_i,    // first matrix row
  input  wire [6:0]  segment_len_i,      // elements, 0 for none
  input  wire        segment_last_i,     // closes a vector
  // Activation memory
  input  wire [5:0]  source_word_i,      // first word of the tensor
  output wire        read_valid_o,
  output wire [5:0]  read_address_o,
  input  wire [31:0] read_data_i,        // one cycle after read_valid_o
  // Line DACs
  output wire        dac_valid_o,
  output wire [4:0]  dac_word_o,         // matrix row / lanes
  output wire [3:0]  dac_mask_o,         // lanes to write
  output wire [3:0]  dac_next_o,         // lanes that belong to dac_word_o + 1
  output wire [31:0] dac_data_o,         // signed 8 bit a lane
  // Array control
  input  wire        apply_i,            // the vector moves to the lines
  output wire        vector_ready_o,
  // Training: side 0 is inputs to word lines, side 1 errors to bit lines; an update takes them in
  // turns
  input  wire        start_i,
  input  wire        backward_i,         // side 1 only
  input  wire        update_i,           // side 0, then side 1 of each position
  input  wire [5:0]  target_word_i,      // first word of the update's errors
  input  wire [31:0] error_data_i,       // as read_data_i, from the error memory
  output wire        segment_side_o,     // side of the segment that is taken next
  output wire        read_side_o,        // 0 activation memory, 1 error memory
  output wire        dac_side_o,         // 0 word lines, 1 bit lines
  input  wire [91:0] random_i,           // one a lane
  input  wire [7:0]  rate_i,
  output wire        random_step_o       // a word of the update was turned into lines that fire
);

  // ---- Segment in progress ----

  reg        valid_q;
  reg  [6:0] address_q;
  reg  [6:0] index_q;
  reg  [6:0] left_q;
  reg        last_q;
  reg        pending_q;
  reg        ready_q;
  wire [1:0] offset = address_q[1:0];
  wire [2:0] room = 3'd4 - {1'b0, offset};
  wire       ends_here = left_q <= {4'd0, room};
  wire [2:0] take = ends_here ? left_q[2:0] : room;
  wire       issue = valid_q && !pending_q;
  wire       finish = issue && ends_here;
  wire       accept = !valid_q || finish;
  reg        side_q;
  reg        next_side_q;

  assign segment_side_o = next_side_q;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      next_side_q <= 1'b0;
      side_q <= 1'b0;
    end else if (start_i) begin
      next_side_q <= backward_i;
    end else if (accept && segment_valid_i) begin
      side_q <= next_side_q;
      next_side_q <= next_side_q ^ (segment_last_i && update_i);
    end
  end

  wire vector_end = finish && last_q && (side_q || !update_i);

  assign segment_ready_o = accept;

  wire fetch = issue && (|left_q);

  assign read_valid_o = fetch;

  wire [4:0] word = address_q[6:2];

  assign read_side_o = side_q;

  wire [5:0] base_word = (update_i && side_q) ? target_word_i : source_word_i;

  assign read_address_o = base_word + {1'b0, word};

  // ---- Stage 1: the word is at the memory's output; stage 2: at the DACs ----

  reg         valid1_q;
  reg         last1_q;
  reg  [2:0]  take1_q;
  reg  [1:0]  from1_q;
  reg  [1:0]  to1_q;
  reg  [4:0]  word1_q;
  wire [1:0]  turn = to1_q - from1_q;
  wire [31:0] turned;
  reg         side1_q;
  reg         side2_q;

  always @(posedge clk_i) begin
    if (fetch) begin
      side1_q <= side_q;
    end
    if (valid1_q) begin
      side2_q <= side1_q;
    end
  end

  assign dac_side_o = side2_q;

  wire [31:0] read_word = side1_q ? error_data_i : read_data_i;

  assign random_step_o = update_i && valid1_q;

  wire [7:0]  side_rate = side1_q ? ((rate_i[7:4] >= 4'd7) ? 8'd127
          : {rate_i[7:4] + 4'd1, rate_i[3:0]})
      : (|rate_i[7:4]) ? {rate_i[7:4] - 4'd1, rate_i[3:0]}
      : 8'd0;
  wire [31:0] fired;

  genvar lane;
  generate
    for (lane = 0; lane < 4; lane = lane + 1) begin : gen_fire
      memgan_fire u_fire (
        .value_i  (read_word[lane*8 +: 8]),
        .random_i (random_i[lane*23 +: 23]),
        .rate_i   (side_rate),
        .code_o   (fired[lane*8 +: 8])
      );
    end
  endgenerate

  wire [31:0] line_word = update_i ? fired : read_word;

  memgan_gather_rotate u_rotate (
    .data_i   (line_word),
    .amount_i (turn),
    .data_o   (turned)
  );

  wire [3:0]  target_beyond = 4'd15 << take1_q;
  wire [2:0]  target_room = 3'd4 - {1'b0, to1_q};
  wire [3:0]  target_run = ~target_beyond;
  wire [3:0]  target_mask = (target_run << to1_q) | (target_run >> target_room);
  wire [3:0]  wrapped_from = 4'd15 << to1_q;
  wire [3:0]  wrapped = ~wrapped_from;
  reg         valid2_q;
  reg         last2_q;
  reg  [4:0]  word2_q;
  reg  [3:0]  mask2_q;
  reg  [3:0]  next2_q;
  reg  [31:0] data2_q;

  assign dac_valid_o = valid2_q;
  assign dac_word_o = word2_q;
  assign dac_mask_o = mask2_q;
  assign dac_next_o = next2_q;
  assign dac_data_o = data2_q;
  assign vector_ready_o = ready_q;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      valid_q <= 1'b0;
      address_q <= 7'd0;
      index_q <= 7'd0;
      left_q <= 7'd0;
      last_q <= 1'b0;
      pending_q <= 1'b0;
      valid1_q <= 1'b0;
      last1_q <= 1'b0;
      valid2_q <= 1'b0;
      last2_q <= 1'b0;
      ready_q <= 1'b0;
    end else begin
      if (accept) begin
        valid_q <= segment_valid_i;
        address_q <= segment_address_i;
        index_q <= segment_index_i;
        left_q <= segment_len_i;
        last_q <= segment_last_i;
      end else if (issue) begin
        address_q <= address_q + {4'd0, take};
        index_q <= index_q + {4'd0, take};
        left_q <= left_q - {4'd0, take};
      end
      pending_q <= (pending_q && !apply_i) || vector_end;
      valid1_q <= fetch;
      last1_q <= vector_end;
      valid2_q <= valid1_q;
      last2_q <= last1_q;
      ready_q <= (ready_q && !apply_i) || last2_q;
    end
  end

  always @(posedge clk_i) begin
    if (fetch) begin
      take1_q <= take;
      from1_q <= offset;
      to1_q <= index_q[1:0];
      word1_q <= index_q[6:2];
    end
    if (valid1_q) begin
      word2_q <= word1_q;
      mask2_q <= target_mask;
      next2_q <= wrapped;
      data2_q <= turned;
    end
  end

endmodule

`default_nettype wire
