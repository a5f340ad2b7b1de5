// SPDX-License-Identifier: MIT OR Apache-2.0
// memgan 0.1.0, configuration 27fc81e8c50ef658
// Source: src/rtl/array_control.rs
//
// Read sequence of the tiles of the running layer: apply, settle, sample, then start and capture
// each conversion group. The next vector is applied in the cycle in which the last group is
// captured.
//
// done_i may come any number of cycles after adc_start_o and stays high until the next one.
//
// Latency: strobes are combinational from the state and the flags.

`default_nettype none

module memgan_array_fsm (
  input  wire clk_i,
  input  wire rst_ni,
  input  wire vector_ready_i,
  input  wire timer_end_i,
  input  wire last_phase_i,
  input  wire done_i,
  input  wire free_i,
  input  wire last_group_i,
  output reg  apply_o,
  output reg  load_settle_o,
  output reg  load_sample_o,
  output reg  sample_o,
  output reg  next_phase_o,
  output reg  adc_start_o,
  output reg  capture_o,
  output reg  next_group_o,
  output reg  active_o
);

  localparam [2:0] ArrayStateIdle   = 3'd0;
  localparam [2:0] ArrayStateSettle = 3'd1;
  localparam [2:0] ArrayStateSample = 3'd2;
  localparam [2:0] ArrayStateStart  = 3'd3;
  localparam [2:0] ArrayStateWait   = 3'd4;

  reg       stalled_q;
  reg       stalled_d;
  reg [2:0] state_q;
  reg [2:0] state_d;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      stalled_q <= 1'b0;
      state_q <= ArrayStateIdle;
    end else begin
      stalled_q <= stalled_d;
      state_q <= state_d;
    end
  end

  always @* begin
    state_d = state_q;
    stalled_d = 1'b0;
    apply_o = 1'b0;
    load_settle_o = 1'b0;
    load_sample_o = 1'b0;
    sample_o = 1'b0;
    next_phase_o = 1'b0;
    adc_start_o = 1'b0;
    capture_o = 1'b0;
    next_group_o = 1'b0;
    active_o = 1'b0;
    case (state_q)
      ArrayStateIdle: begin
        if (vector_ready_i) begin
          apply_o = 1'b1;
          load_settle_o = 1'b1;
          state_d = ArrayStateSettle;
        end
      end
      ArrayStateSettle: begin
        active_o = 1'b1;
        if (timer_end_i) begin
          load_sample_o = 1'b1;
          state_d = ArrayStateSample;
        end
      end
      ArrayStateSample: begin
        active_o = 1'b1;
        sample_o = 1'b1;
        if (timer_end_i) begin
          if (last_phase_i) begin
            state_d = ArrayStateStart;
          end else begin
            next_phase_o = 1'b1;
            load_settle_o = 1'b1;
            state_d = ArrayStateSettle;
          end
        end
      end
      ArrayStateStart: begin
        active_o = 1'b1;
        adc_start_o = 1'b1;
        state_d = ArrayStateWait;
      end
      ArrayStateWait: begin
        active_o = !stalled_q;
        if (done_i) begin
          if (free_i) begin
            capture_o = 1'b1;
            if (last_group_i) begin
              if (vector_ready_i) begin
                apply_o = 1'b1;
                load_settle_o = 1'b1;
                state_d = ArrayStateSettle;
              end else begin
                state_d = ArrayStateIdle;
              end
            end else begin
              next_group_o = 1'b1;
              state_d = ArrayStateStart;
            end
          end else begin
            stalled_d = 1'b1;
          end
        end
      end
      default: state_d = ArrayStateIdle;
    endcase
  end

endmodule

`default_nettype wire
