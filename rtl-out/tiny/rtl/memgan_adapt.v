// SPDX-License-Identifier: MIT OR Apache-2.0
// memgan 0.1.0, configuration 27fc81e8c50ef658
// Source: src/rtl/adapt.rs
//
// The end of a batch for one layer: gain, shifts and rate follow the counters; biases are rescaled
// with a change of the gain and, in the trained network, take a step against the sign of their
// summed error.
//
// Place e of the pattern holds bias e mod biases. Sums of later places are first added to the place
// of their bias, one at a time; then every place takes the same step.
//
// `start_i` for one cycle with the operation's fields, which stay stable until done_o.
//
// Latency: 3 cycles, 2 a place; trained: also 3 a place beyond the first of each bias, 1 a word.
// The last of them shows done_o.

`default_nettype none

module memgan_adapt (
  // Clock and reset
  input  wire        clk_i,
  input  wire        rst_ni,                // asynchronous, active low
  // Operation
  input  wire        start_i,
  input  wire        trained_i,             // biases and rate take a step
  input  wire [6:0]  biases_last_i,         // biases - 1, if trained
  input  wire [4:0]  pattern_words_last_i,  // words of the pattern - 1
  input  wire [4:0]  bias_word_i,           // first word of the pattern
  output wire        done_o,                // high until the next start
  // Registers of the layer
  input  wire [3:0]  gain_i,
  input  wire [3:0]  shift_i,
  input  wire [3:0]  back_gain_i,
  input  wire [3:0]  back_shift_i,
  input  wire [7:0]  rate_i,
  input  wire [3:0]  fineness_i,
  input  wire [31:0] target_i,
  input  wire [95:0] forward_i,             // {total, upper, saturated}
  input  wire [95:0] backward_i,
  input  wire [95:0] errors_i,
  input  wire [31:0] pulses_i,
  output wire        adapt_valid_o,
  output wire [3:0]  adapt_gain_o,
  output wire [3:0]  adapt_shift_o,
  output wire [3:0]  adapt_back_gain_o,
  output wire [3:0]  adapt_back_shift_o,
  output wire [7:0]  adapt_rate_o,
  // Random bits
  input  wire [14:0] random_i,              // the same until done_o
  // Bias memory
  output wire        bias_read_valid_o,
  output wire [4:0]  bias_read_address_o,
  input  wire [63:0] bias_read_data_i,
  output wire        bias_write_valid_o,
  output wire [4:0]  bias_write_address_o,
  output wire [63:0] bias_write_data_o,
  // Sums of errors, in the layout of the biases
  output wire        sum_read_valid_o,
  output wire [4:0]  sum_read_address_o,
  input  wire [71:0] sum_read_data_i,
  output wire        sum_write_valid_o,
  output wire [4:0]  sum_write_address_o,
  output wire [71:0] sum_write_data_o
);

  // ---- Control ----

  wire fold;
  wire last;
  wire last_word;
  wire compare;
  wire of_place;
  wire take;
  wire clear;
  wire advance;
  wire restart;

  memgan_adapt_fsm u_fsm (
    .clk_i        (clk_i),
    .rst_ni       (rst_ni),
    .start_i      (start_i),
    .trained_i    (trained_i),
    .fold_i       (fold),
    .last_i       (last),
    .last_word_i  (last_word),
    .compare_o    (compare),
    .write_o      (adapt_valid_o),
    .sum_read_o   (sum_read_valid_o),
    .of_place_o   (of_place),
    .take_o       (take),
    .sum_write_o  (sum_write_valid_o),
    .clear_o      (clear),
    .bias_read_o  (bias_read_valid_o),
    .bias_write_o (bias_write_valid_o),
    .advance_o    (advance),
    .restart_o    (restart),
    .done_o       (done_o)
  );

  // ---- What the counters ask for, -1, 0 or 1, and for the rate -4..4 ----

  wire [35:0] forward_saturated = {forward_i[31:0], 4'd0};
  wire [37:0] forward_upper = {forward_i[63:32], 6'd0};
  wire        forward_up = forward_saturated > {4'd0, forward_i[95:64]};
  wire        forward_down = !forward_up && forward_upper < {6'd0, forward_i[95:64]};
  wire [1:0]  forward_change = {forward_down, forward_up || forward_down};
  wire [35:0] backward_saturated = {backward_i[31:0], 4'd0};
  wire [37:0] backward_upper = {backward_i[63:32], 6'd0};
  wire        backward_up = backward_saturated > {4'd0, backward_i[95:64]};
  wire        backward_down = !backward_up && backward_upper < {6'd0, backward_i[95:64]};
  wire [1:0]  backward_change = {backward_down, backward_up || backward_down};
  wire [37:0] errors_saturated = {errors_i[31:0], 6'd0};
  wire [41:0] errors_upper = {errors_i[63:32], 10'd0};
  wire        errors_up = errors_saturated > {6'd0, errors_i[95:64]};
  wire        errors_down = !errors_up && errors_upper < {10'd0, errors_i[95:64]};
  wire [1:0]  errors_change = {errors_down, errors_up || errors_down};
  wire [32:0] target_eighth = {1'b0, target_i} >> 3;
  wire        far_above = {1'b0, pulses_i} >= {target_i, 1'b0};
  wire        far_below = {pulses_i, 1'b0} <= {1'b0, target_i};
  wire        above = {1'b0, pulses_i} > {1'b0, target_i} + target_eighth;
  wire        below = {1'b0, pulses_i} < {1'b0, target_i} - target_eighth;
  wire [3:0]  rate_change = far_above ? 4'hc
      : far_below ? 4'd4
      : above ? 4'hf
      : below ? 4'd1
      : 4'd0;
  reg  [1:0]  forward_asked_q;
  reg  [1:0]  backward_asked_q;
  reg  [1:0]  errors_asked_q;
  reg  [3:0]  rate_asked_q;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      forward_asked_q <= 2'd0;
      backward_asked_q <= 2'd0;
      errors_asked_q <= 2'd0;
      rate_asked_q <= 4'd0;
    end else if (compare) begin
      forward_asked_q <= forward_change;
      backward_asked_q <= backward_change;
      errors_asked_q <= errors_change;
      rate_asked_q <= rate_change;
    end
  end

  // ---- New registers: the sum of gain and shift stays, what does not fit is not changed ----

  wire       forward_fits = (forward_asked_q == 2'd1 && !(&gain_i) && (|shift_i)) ||
      (forward_asked_q[1] && (|gain_i) && !(&shift_i));
  wire [1:0] forward_made = forward_fits ? forward_asked_q : 2'd0;

  assign adapt_gain_o = gain_i + {{2{forward_made[1]}}, forward_made};
  assign adapt_shift_o = shift_i - {{2{forward_made[1]}}, forward_made};

  wire       backward_stuck = backward_asked_q[1] ? !(|back_gain_i) : &back_gain_i;
  wire [1:0] backward_made = backward_stuck ? 2'd0 : backward_asked_q;

  assign adapt_back_gain_o = back_gain_i + {{2{backward_made[1]}}, backward_made};

  wire [5:0] back_shift_limited_wide = {2'd0, back_shift_i} -
          {{4{backward_made[1]}}, backward_made} +
      {{4{errors_asked_q[1]}}, errors_asked_q};
  wire [3:0] back_shift_limited = back_shift_limited_wide[5] ? 4'd0
      : ($signed(back_shift_limited_wide) > $signed(6'd15)) ? 4'd15
      : back_shift_limited_wide[3:0];

  assign adapt_back_shift_o = back_shift_limited;

  wire [9:0] rate_limited_wide = {2'd0, rate_i} + {{6{rate_asked_q[3]}}, rate_asked_q};
  wire [7:0] rate_limited = rate_limited_wide[9] ? 8'd0
      : ($signed(rate_limited_wide) > $signed(10'd127)) ? 8'd127
      : rate_limited_wide[7:0];

  assign adapt_rate_o = trained_i ? rate_limited : rate_i;

  reg [1:0] gain_made_q;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      gain_made_q <= 2'd0;
    end else if (adapt_valid_o) begin
      gain_made_q <= forward_made;
    end
  end

  // ---- Places of the pattern, and the number of each place's bias ----

  reg  [6:0] place_q;
  reg  [6:0] bias_q;
  wire [6:0] pattern_end = {pattern_words_last_i, 2'd3};

  assign fold = biases_last_i != pattern_end;
  assign last = place_q == pattern_end;
  assign last_word = place_q[6:2] == pattern_words_last_i;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      place_q <= 7'd0;
      bias_q <= 7'd0;
    end else if (adapt_valid_o) begin
      // The first places of all biases come first: folding starts behind them.
      place_q <= (trained_i && fold) ? biases_last_i + 7'd1 : 7'd0;
      bias_q <= 7'd0;
    end else if (restart) begin
      place_q <= 7'd0;
      bias_q <= 7'd0;
    end else if (advance) begin
      place_q <= place_q + (clear ? 7'd4 : 7'd1);
      bias_q <= (bias_q == biases_last_i) ? 7'd0 : bias_q + 7'd1;
    end
  end

  wire [4:0] place_word = bias_word_i + place_q[6:2];
  wire [4:0] home_word = bias_word_i + bias_q[6:2];

  assign sum_read_address_o = of_place ? place_word : home_word;
  assign sum_write_address_o = clear ? place_word : home_word;
  assign bias_read_address_o = place_word;
  assign bias_write_address_o = place_word;

  // ---- Sums: fold and clear ----

  wire [1:0]  sum_lane = take ? place_q[1:0] : bias_q[1:0];
  wire [35:0] sum_of_2 = sum_lane[1] ? sum_read_data_i[71:36] : sum_read_data_i[35:0];
  wire [17:0] sum_of_1 = sum_lane[0] ? sum_of_2[35:18] : sum_of_2[17:0];
  reg  [17:0] source_q;

  always @(posedge clk_i) begin
    if (take) begin
      source_q <= sum_of_1;
    end
  end

  wire [17:0] folded = sum_of_1 + source_q;
  wire [3:0]  home_lane = 4'd1 << bias_q[1:0];

  genvar lane;
  generate
    for (lane = 0; lane < 4; lane = lane + 1) begin : gen_sum
      assign sum_write_data_o[lane*18 +: 18] = clear ? 18'd0
          : home_lane[lane] ? folded
          : sum_read_data_i[lane*18 +: 18];
    end
  endgenerate

  // ---- Bias: rescale with the gain, step against the sign of the sum, saturate ----

  wire [31:0] bias_of_2 = place_q[1] ? bias_read_data_i[63:32] : bias_read_data_i[31:0];
  wire [15:0] bias_of_1 = place_q[0] ? bias_of_2[31:16] : bias_of_2[15:0];
  wire [16:0] halved = {bias_of_1[15], bias_of_1} + 17'd1;
  wire [16:0] rescaled = gain_made_q[0] ? (gain_made_q[1] ? {bias_of_1, 1'b0}
          : $unsigned($signed(halved) >>> 1))
      : {bias_of_1[15], bias_of_1};
  wire [3:0]  coarseness = (shift_i > fineness_i) ? shift_i - fineness_i : 4'd0;
  wire [3:0]  chance = (fineness_i > shift_i) ? fineness_i - shift_i : 4'd0;

  // A step below 1 is a step of 1 that is taken only if as many of the first random bits are zero.
  wire        bias_steps = !(|(random_i >> (~chance)));
  wire [17:0] bias_step = bias_steps ? 18'd1 << coarseness : 18'd0;
  wire [17:0] against = trained_i ? (sum_of_1[17] ? bias_step : (|sum_of_1) ? -bias_step : 18'd0)
      : 18'd0;
  wire [17:0] stepped = {rescaled[16], rescaled} + against;
  wire [15:0] bias_next = ($signed(stepped) > $signed(18'h07fff)) ? 16'h7fff
      : ($signed(stepped) < $signed(18'h38000)) ? 16'h8000
      : stepped[15:0];
  wire [3:0]  place_lane = 4'd1 << place_q[1:0];

  generate
    for (lane = 0; lane < 4; lane = lane + 1) begin : gen_bias
      assign bias_write_data_o[lane*16 +: 16] = place_lane[lane] ? bias_next
          : bias_read_data_i[lane*16 +: 16];
    end
  endgenerate

endmodule

`default_nettype wire
