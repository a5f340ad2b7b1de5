// SPDX-License-Identifier: MIT OR Apache-2.0
// memgan 0.1.0, configuration 27fc81e8c50ef658
// Source: src/rtl/adapt.rs
//
// Adapts a layer: compares its counters, writes its registers, folds the sums of the biases that
// have several places onto the first of these, steps the bias of each place, and clears the sums.
//
// fold_i, last_i and last_word_i belong to the place that advance_o moves on.
//
// Latency: strobes are combinational from the state and the flags.

`default_nettype none

module memgan_adapt_fsm (
  input  wire clk_i,
  input  wire rst_ni,
  input  wire start_i,
  input  wire trained_i,
  input  wire fold_i,
  input  wire last_i,
  input  wire last_word_i,
  output reg  compare_o,
  output reg  write_o,
  output reg  sum_read_o,
  output reg  of_place_o,
  output reg  take_o,
  output reg  sum_write_o,
  output reg  clear_o,
  output reg  bias_read_o,
  output reg  bias_write_o,
  output reg  advance_o,
  output reg  restart_o,
  output reg  done_o
);

  localparam [3:0] AdaptStateIdle       = 4'd0;
  localparam [3:0] AdaptStateCompare    = 4'd1;
  localparam [3:0] AdaptStateWrite      = 4'd2;
  localparam [3:0] AdaptStateFoldSource = 4'd3;
  localparam [3:0] AdaptStateFoldTarget = 4'd4;
  localparam [3:0] AdaptStateFoldAdd    = 4'd5;
  localparam [3:0] AdaptStateStepRead   = 4'd6;
  localparam [3:0] AdaptStateStepWrite  = 4'd7;
  localparam [3:0] AdaptStateClear      = 4'd8;

  reg [3:0] state_q;
  reg [3:0] state_d;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= AdaptStateIdle;
    end else begin
      state_q <= state_d;
    end
  end

  always @* begin
    state_d = state_q;
    compare_o = 1'b0;
    write_o = 1'b0;
    sum_read_o = 1'b0;
    of_place_o = 1'b0;
    take_o = 1'b0;
    sum_write_o = 1'b0;
    clear_o = 1'b0;
    bias_read_o = 1'b0;
    bias_write_o = 1'b0;
    advance_o = 1'b0;
    restart_o = 1'b0;
    done_o = 1'b0;
    case (state_q)
      AdaptStateIdle: begin
        done_o = 1'b1;
        if (start_i) begin
          state_d = AdaptStateCompare;
        end
      end
      AdaptStateCompare: begin
        compare_o = 1'b1;
        state_d = AdaptStateWrite;
      end
      AdaptStateWrite: begin
        write_o = 1'b1;
        if (trained_i && fold_i) begin
          state_d = AdaptStateFoldSource;
        end else begin
          state_d = AdaptStateStepRead;
        end
      end
      AdaptStateFoldSource: begin
        sum_read_o = 1'b1;
        of_place_o = 1'b1;
        state_d = AdaptStateFoldTarget;
      end
      AdaptStateFoldTarget: begin
        take_o = 1'b1;
        sum_read_o = 1'b1;
        state_d = AdaptStateFoldAdd;
      end
      AdaptStateFoldAdd: begin
        sum_write_o = 1'b1;
        advance_o = 1'b1;
        if (last_i) begin
          restart_o = 1'b1;
          state_d = AdaptStateStepRead;
        end else begin
          state_d = AdaptStateFoldSource;
        end
      end
      AdaptStateStepRead: begin
        sum_read_o = 1'b1;
        bias_read_o = 1'b1;
        state_d = AdaptStateStepWrite;
      end
      AdaptStateStepWrite: begin
        bias_write_o = 1'b1;
        advance_o = 1'b1;
        if (last_i) begin
          restart_o = 1'b1;
          if (trained_i) begin
            state_d = AdaptStateClear;
          end else begin
            state_d = AdaptStateIdle;
          end
        end else begin
          state_d = AdaptStateStepRead;
        end
      end
      AdaptStateClear: begin
        clear_o = 1'b1;
        sum_write_o = 1'b1;
        advance_o = 1'b1;
        if (last_word_i) begin
          state_d = AdaptStateIdle;
        end
      end
      default: state_d = AdaptStateIdle;
    endcase
  end

endmodule

`default_nettype wire
