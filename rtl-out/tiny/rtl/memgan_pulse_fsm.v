// SPDX-License-Identifier: MIT OR Apache-2.0
// memgan 0.1.0, configuration 27fc81e8c50ef658
// Source: src/rtl/pulse_control.rs
//
// Pulse sequence of a position: takes the vectors, then goes through the four phases and leaves out
// empty ones.
//
// done_i may come any number of cycles after pulse_start_o and stays high until the next one.
//
// Latency: strobes are combinational from the state and the flags.

`default_nettype none

module memgan_pulse_fsm (
  input  wire clk_i,
  input  wire rst_ni,
  input  wire vectors_ready_i,
  input  wire phase_used_i,
  input  wire last_phase_i,
  input  wire done_i,
  output reg  apply_o,
  output reg  pulse_start_o,
  output reg  next_phase_o,
  output reg  position_end_o,
  output reg  active_o
);

  localparam [1:0] PulseStateIdle  = 2'd0;
  localparam [1:0] PulseStatePhase = 2'd1;
  localparam [1:0] PulseStateWait  = 2'd2;

  reg [1:0] state_q;
  reg [1:0] state_d;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= PulseStateIdle;
    end else begin
      state_q <= state_d;
    end
  end

  always @* begin
    state_d = state_q;
    apply_o = 1'b0;
    pulse_start_o = 1'b0;
    next_phase_o = 1'b0;
    position_end_o = 1'b0;
    active_o = 1'b0;
    case (state_q)
      PulseStateIdle: begin
        if (vectors_ready_i) begin
          apply_o = 1'b1;
          state_d = PulseStatePhase;
        end
      end
      PulseStatePhase: begin
        if (phase_used_i) begin
          pulse_start_o = 1'b1;
          active_o = 1'b1;
          state_d = PulseStateWait;
        end else begin
          next_phase_o = 1'b1;
          if (last_phase_i) begin
            position_end_o = 1'b1;
            state_d = PulseStateIdle;
          end
        end
      end
      PulseStateWait: begin
        active_o = 1'b1;
        if (done_i) begin
          next_phase_o = 1'b1;
          if (last_phase_i) begin
            position_end_o = 1'b1;
            state_d = PulseStateIdle;
          end else begin
            state_d = PulseStatePhase;
          end
        end
      end
      default: state_d = PulseStateIdle;
    endcase
  end

endmodule

`default_nettype wire
