// SPDX-License-Identifier: MIT OR Apache-2.0
// memgan 0.1.0, configuration 27fc81e8c50ef658
// Source: src/rtl/bias_sum.rs
//
// Reads the words of an error tensor one after the other and adds each lane to the sum of its bias.
// The sums have the layout of the biases: a pattern of words that repeats.
//
// start_i for one cycle with the operation's fields, which stay stable until done_o. No operation
// during clearing_o. A word of the pattern that was added to in one of the last two cycles is
// forwarded, and neither read nor relied on in the cycle in which it is written.
//
// Latency: one word a cycle; done_o 3 cycles after the last word is read.

`default_nettype none

module memgan_bias_sum (
  // Clock and reset
  input  wire        clk_i,
  input  wire        rst_ni,                // asynchronous, active low
  // Operation
  input  wire        start_i,
  input  wire [5:0]  source_word_i,         // first word of the error tensor
  input  wire [4:0]  words_last_i,          // words of the tensor - 1
  input  wire [1:0]  tail_i,                // valid lanes of the last word - 1
  input  wire [4:0]  bias_word_i,           // first word of the bias pattern
  input  wire [4:0]  bias_last_i,           // words of the bias pattern - 1
  output reg         done_o,                // from the operation's last write to the next start_i
  // Error memory
  output wire        error_read_valid_o,
  output wire [5:0]  error_read_address_o,
  input  wire [31:0] error_read_data_i,     // signed 8 bit a lane
  // Bias sum memory, zeroed after reset
  output wire        sum_read_valid_o,
  output wire [4:0]  sum_read_address_o,
  input  wire [71:0] sum_read_data_i,
  output wire        sum_write_valid_o,
  output wire [4:0]  sum_write_address_o,
  output wire [71:0] sum_write_data_o,
  output reg         clearing_o             // after reset, until the sums are zero
);

  // ---- A word of errors and its word of the pattern are read ----

  reg        running_q;
  reg  [4:0] count_q;
  reg  [4:0] pattern_q;
  reg        valid1_q;
  reg        valid2_q;
  reg        last1_q;
  reg        last2_q;
  reg  [4:0] address1_q;
  reg  [4:0] address2_q;
  wire       is_last = count_q == words_last_i;
  wire       pattern_end = pattern_q == bias_last_i;
  wire [4:0] address = bias_word_i + pattern_q;
  wire       near = valid1_q && address1_q == address;
  wire       far = valid2_q && address2_q == address;

  assign error_read_valid_o = running_q;
  assign error_read_address_o = source_word_i + {1'b0, count_q};
  assign sum_read_valid_o = running_q && !(near || far);
  assign sum_read_address_o = address;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      running_q <= 1'b0;
      count_q <= 5'd0;
      pattern_q <= 5'd0;
      valid1_q <= 1'b0;
      last1_q <= 1'b0;
      valid2_q <= 1'b0;
      last2_q <= 1'b0;
      done_o <= 1'b0;
    end else begin
      if (start_i) begin
        running_q <= 1'b1;
        count_q <= 5'd0;
        pattern_q <= 5'd0;
      end else if (running_q) begin
        running_q <= !is_last;
        count_q <= count_q + 5'd1;
        pattern_q <= pattern_end ? 5'd0 : pattern_q + 5'd1;
      end
      valid1_q <= running_q;
      last1_q <= running_q && is_last;
      valid2_q <= valid1_q;
      last2_q <= last1_q;
      if (start_i) begin
        done_o <= 1'b0;
      end else if (last2_q) begin
        done_o <= 1'b1;
      end
    end
  end

  // ---- Stage 1: add; stage 2: write ----

  reg         near1_q;
  reg         far1_q;
  reg  [71:0] sums2_q;
  reg  [71:0] sums3_q;
  wire [71:0] newest = near1_q ? sums2_q : far1_q ? sums3_q : sum_read_data_i;
  wire [2:0]  valid_lanes = {1'b0, tail_i} + 3'd1;
  wire [3:0]  in_tensor_from = 4'd15 << valid_lanes;
  wire [3:0]  in_tensor = ~in_tensor_from;
  wire [71:0] sums1;

  genvar lane;
  generate
    for (lane = 0; lane < 4; lane = lane + 1) begin : gen_add
      wire [7:0] error = (!last1_q || in_tensor[lane]) ? error_read_data_i[lane*8 +: 8] : 8'd0;

      assign sums1[lane*18 +: 18] = newest[lane*18 +: 18] + {{10{error[7]}}, error};
    end
  endgenerate

  always @(posedge clk_i) begin
    if (running_q) begin
      address1_q <= address;
      near1_q <= near;
      far1_q <= far;
    end
    if (valid1_q) begin
      address2_q <= address1_q;
      sums2_q <= sums1;
    end
    if (valid2_q) begin
      sums3_q <= sums2_q;
    end
  end

  reg [4:0] clear_address_q;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      clear_address_q <= 5'd0;
      clearing_o <= 1'b1;
    end else if (clearing_o) begin
      clear_address_q <= clear_address_q + 5'd1;
      if (clear_address_q == 5'd18) begin
        clearing_o <= 1'b0;
      end
    end
  end

  assign sum_write_valid_o = clearing_o || valid2_q;
  assign sum_write_address_o = clearing_o ? clear_address_q : address2_q;
  assign sum_write_data_o = clearing_o ? {72{1'b0}} : sums2_q;

endmodule

`default_nettype wire
