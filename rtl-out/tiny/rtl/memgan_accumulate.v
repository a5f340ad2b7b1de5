// SPDX-License-Identifier: MIT OR Apache-2.0
// memgan 0.1.0, configuration 27fc81e8c50ef658
// Source: src/rtl/accumulate.rs
//
// Takes beats of column sums, one memory word each. Direct operations add the bias and write
// activations; scatter operations add to the accumulators; finish operations add the bias to the
// accumulators, write activations and leave zeros.
//
// A beat is taken in every cycle with beat_valid_i. Two beats in a row may hit one accumulator
// word: its newest value is forwarded.
//
// Latency: accumulators written 2 cycles, activations 3 cycles after the beat; idle_o when the
// pipeline is empty.

`default_nettype none

module memgan_accumulate (
  // Clock and reset
  input  wire        clk_i,
  input  wire        rst_ni,                     // asynchronous, active low
  // Operation
  input  wire        scatter_i,
  input  wire        finish_i,
  input  wire [5:0]  target_word_i,              // output region
  input  wire [4:0]  bias_word_i,                // first word of the bias pattern
  input  wire [3:0]  shift_i,                    // requantisation
  input  wire [2:0]  activation_i,
  input  wire [2:0]  slope_i,
  input  wire [7:0]  dropout_i,                  // threshold, 0 is off
  // Beats
  input  wire        beat_valid_i,
  input  wire [4:0]  beat_word_i,
  input  wire [3:0]  beat_mask_i,
  input  wire [1:0]  beat_turn_i,
  input  wire [4:0]  beat_bias_i,
  input  wire        beat_done_i,
  input  wire [39:0] beat_sums_i,                // of the same cycle as beat_valid_i
  output wire        idle_o,
  // Bias memory
  output wire        bias_read_valid_o,
  output wire [4:0]  bias_read_address_o,
  input  wire [63:0] bias_read_data_i,
  // Accumulator memory, zeroed after reset
  output wire        sum_read_valid_o,
  output wire [3:0]  sum_read_address_o,
  input  wire [39:0] sum_read_data_i,
  output wire        sum_write_valid_o,
  output wire [3:0]  sum_write_address_o,
  output wire [39:0] sum_write_data_o,
  output reg         clearing_o,                 // after reset, until the accumulators are zero
  // Random bytes
  input  wire [31:0] random_i,                   // one a lane
  output wire        random_step_o,
  // Activation memory
  output reg         write_valid_o,
  output reg  [5:0]  write_address_o,
  output reg  [3:0]  write_mask_o,
  output reg  [31:0] write_data_o,
  // Training: errors instead of activations, without bias, times the derivative
  input  wire        backward_i,
  output wire        activation_read_valid_o,
  output wire [5:0]  activation_read_address_o,
  input  wire [31:0] activation_read_data_i,
  // Range of the errors before the derivative
  output wire        errors_valid_o,
  output wire [2:0]  errors_count_o,
  output wire [2:0]  errors_saturated_o,
  output wire [2:0]  errors_upper_o              // magnitude above 63
);

  // ---- Stage 1: rotate the sums to their lanes, read bias and accumulators ----

  assign bias_read_valid_o = beat_valid_i;
  assign bias_read_address_o = bias_word_i + beat_bias_i;

  wire [39:0] turned;

  memgan_drain_rotate u_rotate (
    .data_i   (beat_sums_i),
    .amount_i (beat_turn_i),
    .data_o   (turned)
  );

  reg        valid2_q;
  reg [4:0]  word2_q;
  reg [3:0]  mask2_q;
  reg        done2_q;
  reg [39:0] sums2_q;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      valid2_q <= 1'b0;
    end else begin
      valid2_q <= beat_valid_i;
    end
  end

  always @(posedge clk_i) begin
    if (beat_valid_i) begin
      word2_q <= beat_word_i;
      mask2_q <= beat_mask_i;
      done2_q <= beat_done_i;
      sums2_q <= turned;
    end
  end

  // ---- Stage 2: add ----

  reg         valid3_q;
  reg  [4:0]  word3_q;
  reg  [3:0]  mask3_q;
  reg         done3_q;
  reg  [67:0] value3_q;
  wire [67:0] value2;

  assign sum_read_valid_o = beat_valid_i && (scatter_i || finish_i);

  wire unused_beat_word = &{1'b0, beat_word_i[4]};

  assign sum_read_address_o = beat_word_i[3:0];

  reg  [39:0] added3_q;
  reg  [39:0] added4_q;
  reg  [4:0]  word4_q;
  reg         written4_q;
  wire        writes3 = valid3_q && (scatter_i || finish_i);
  wire        hit3 = writes3 && word3_q == word2_q;
  wire        hit4 = written4_q && word4_q == word2_q;
  wire [39:0] newest = hit3 ? added3_q : hit4 ? added4_q : sum_read_data_i;
  wire [39:0] added2;

  genvar lane;
  generate
    for (lane = 0; lane < 4; lane = lane + 1) begin : gen_add
      wire [9:0] added = (mask2_q[lane] && scatter_i) ? newest[lane*10 +: 10] +
              sums2_q[lane*10 +: 10]
          : finish_i ? 10'd0
          : newest[lane*10 +: 10];

      assign added2[lane*10 +: 10] = added;

      wire [16:0] base = finish_i ? {{7{newest[lane*10 + 9]}}, newest[lane*10 +: 10]}
          : {{7{sums2_q[lane*10 + 9]}}, sums2_q[lane*10 +: 10]};

      assign value2[lane*17 +: 17] = base +
          ({17{!backward_i}} & {bias_read_data_i[lane*16 + 15], bias_read_data_i[lane*16 +: 16]});
    end
  endgenerate

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      written4_q <= 1'b0;
    end else begin
      written4_q <= writes3;
    end
  end

  always @(posedge clk_i) begin
    if (valid2_q) begin
      added3_q <= added2;
    end
    if (writes3) begin
      added4_q <= added3_q;
      word4_q <= word3_q;
    end
  end

  reg [3:0] clear_address_q;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      clear_address_q <= 4'd0;
      clearing_o <= 1'b1;
    end else if (clearing_o) begin
      clear_address_q <= clear_address_q + 4'd1;
      if (clear_address_q == 4'd15) begin
        clearing_o <= 1'b0;
      end
    end
  end

  assign sum_write_valid_o = clearing_o || writes3;

  wire unused_word3 = &{1'b0, word3_q[4]};

  assign sum_write_address_o = clearing_o ? clear_address_q : word3_q[3:0];
  assign sum_write_data_o = clearing_o ? 40'd0 : added3_q;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      valid3_q <= 1'b0;
    end else begin
      valid3_q <= valid2_q;
    end
  end

  always @(posedge clk_i) begin
    if (valid2_q) begin
      word3_q <= word2_q;
      mask3_q <= mask2_q;
      done3_q <= done2_q;
      value3_q <= value2;
    end
  end

  // ---- The activation at the place of an error: read in stage 1, here in stage 2 ----

  assign activation_read_valid_o = beat_valid_i && backward_i && !scatter_i;
  assign activation_read_address_o = target_word_i + {1'b0, beat_word_i};

  reg [31:0] activation3_q;

  always @(posedge clk_i) begin
    if (valid2_q) begin
      activation3_q <= activation_read_data_i;
    end
  end

  // ---- Stage 3: requantise, non-linearity, dropout ----

  wire [31:0] activated;
  wire [31:0] kept;
  wire        drops = !backward_i && (|dropout_i);
  wire [31:0] rounded;
  wire [3:0]  clipped;
  wire [31:0] derived;

  generate
    for (lane = 0; lane < 4; lane = lane + 1) begin : gen_lane
      memgan_activation u_activation (
        .value_i      (value3_q[lane*17 +: 17]),
        .shift_i      (shift_i),
        .activation_i (activation_i),
        .slope_i      (slope_i),
        .value_o      (activated[lane*8 +: 8]),
        .error_i      (backward_i),
        .rounded_o    (rounded[lane*8 +: 8]),
        .clipped_o    (clipped[lane])
      );

      wire drop = drops && random_i[lane*8 +: 8] < dropout_i;

      assign kept[lane*8 +: 8] = drop ? 8'd0 : activated[lane*8 +: 8];
    end
  endgenerate

  wire had_dropout = |dropout_i;

  generate
    for (lane = 0; lane < 4; lane = lane + 1) begin : gen_derivative
      memgan_derivative u_derivative (
        .error_i      (rounded[lane*8 +: 8]),
        .value_i      (activation3_q[lane*8 +: 8]),
        .activation_i (activation_i),
        .slope_i      (slope_i),
        .dropout_i    (had_dropout),
        .error_o      (derived[lane*8 +: 8])
      );
    end
  endgenerate

  wire writes_activations = valid3_q && !scatter_i;

  assign random_step_o = writes_activations && done3_q && drops;
  assign errors_valid_o = writes_activations && backward_i;

  reg [2:0] written_count;
  reg [2:0] saturated_count;
  reg [2:0] upper_count;

  always @* begin : p_written_count
    integer error;
    written_count = 3'd0;
    saturated_count = 3'd0;
    upper_count = 3'd0;
    for (error = 0; error < 4; error = error + 1) begin
      if (mask3_q[error]) begin
        written_count = written_count + 3'd1;
        saturated_count = saturated_count + {2'd0, clipped[error]};
        upper_count = upper_count +
            {2'd0,
             rounded[error*8 + 6 +: 2] == 2'b01 ||
                 rounded[error*8 + 6 +: 2] == 2'b10 ||
                 rounded[error*8 +: 8] == 8'hc0};
      end
    end
  end

  assign errors_count_o = written_count;
  assign errors_saturated_o = saturated_count;
  assign errors_upper_o = upper_count;

  wire [31:0] written = backward_i ? derived : kept;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      write_valid_o <= 1'b0;
    end else begin
      write_valid_o <= writes_activations;
    end
  end

  always @(posedge clk_i) begin
    if (writes_activations) begin
      write_address_o <= target_word_i + {1'b0, word3_q};
      write_mask_o <= mask3_q;
      write_data_o <= written;
    end
  end

  assign idle_o = !(|{beat_valid_i, valid2_q, valid3_q, write_valid_o});

endmodule

`default_nettype wire
