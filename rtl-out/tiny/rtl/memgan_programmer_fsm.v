// SPDX-License-Identifier: MIT OR Apache-2.0
// memgan 0.1.0, configuration 27fc81e8c50ef658
// Source: src/rtl/programmer/control.rs
//
// Write-verify of the devices of a word: read one device, compare, and pulse it until the read is
// within the tolerance or the pulses are used up; then the next device. In a refresh the first read
// gives the target: the nearest level, which is sought bit by bit.
//
// Both done flags may come any number of cycles after their start and stay high until the next one.
//
// Latency: strobes are combinational from the state and the flags.

`default_nettype none

module memgan_programmer_fsm (
  input  wire clk_i,
  input  wire rst_ni,
  input  wire start_i,
  input  wire timer_end_i,
  input  wire last_phase_i,
  input  wire adc_done_i,
  input  wire pulse_done_i,
  input  wire seek_i,
  input  wire last_bit_i,
  input  wire reached_i,
  input  wire exhausted_i,
  input  wire last_device_i,
  output reg  row_o,
  output reg  read_row_o,
  output reg  column_o,
  output reg  apply_o,
  output reg  load_settle_o,
  output reg  load_sample_o,
  output reg  sample_o,
  output reg  next_phase_o,
  output reg  adc_start_o,
  output reg  capture_o,
  output reg  seek_o,
  output reg  below_o,
  output reg  above_o,
  output reg  next_pulse_o,
  output reg  pulse_start_o,
  output reg  device_end_o,
  output reg  active_o,
  output reg  busy_o
);

  localparam [3:0] ProgrammerStateIdle        = 4'd0;
  localparam [3:0] ProgrammerStateReadLine    = 4'd1;
  localparam [3:0] ProgrammerStateReadApply   = 4'd2;
  localparam [3:0] ProgrammerStateSettle      = 4'd3;
  localparam [3:0] ProgrammerStateSample      = 4'd4;
  localparam [3:0] ProgrammerStateStart       = 4'd5;
  localparam [3:0] ProgrammerStateConvert     = 4'd6;
  localparam [3:0] ProgrammerStateSeek        = 4'd7;
  localparam [3:0] ProgrammerStateBelow       = 4'd8;
  localparam [3:0] ProgrammerStateAbove       = 4'd9;
  localparam [3:0] ProgrammerStateDecide      = 4'd10;
  localparam [3:0] ProgrammerStatePulseLine   = 4'd11;
  localparam [3:0] ProgrammerStatePulseColumn = 4'd12;
  localparam [3:0] ProgrammerStatePulseApply  = 4'd13;
  localparam [3:0] ProgrammerStatePulse       = 4'd14;
  localparam [3:0] ProgrammerStatePulseWait   = 4'd15;

  reg [3:0] state_q;
  reg [3:0] state_d;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= ProgrammerStateIdle;
    end else begin
      state_q <= state_d;
    end
  end

  always @* begin
    state_d = state_q;
    row_o = 1'b0;
    read_row_o = 1'b0;
    column_o = 1'b0;
    apply_o = 1'b0;
    load_settle_o = 1'b0;
    load_sample_o = 1'b0;
    sample_o = 1'b0;
    next_phase_o = 1'b0;
    adc_start_o = 1'b0;
    capture_o = 1'b0;
    seek_o = 1'b0;
    below_o = 1'b0;
    above_o = 1'b0;
    next_pulse_o = 1'b0;
    pulse_start_o = 1'b0;
    device_end_o = 1'b0;
    active_o = 1'b0;
    busy_o = state_q != ProgrammerStateIdle;
    case (state_q)
      ProgrammerStateIdle: begin
        if (start_i) begin
          state_d = ProgrammerStateReadLine;
        end
      end
      ProgrammerStateReadLine: begin
        row_o = 1'b1;
        read_row_o = 1'b1;
        state_d = ProgrammerStateReadApply;
      end
      ProgrammerStateReadApply: begin
        apply_o = 1'b1;
        load_settle_o = 1'b1;
        state_d = ProgrammerStateSettle;
      end
      ProgrammerStateSettle: begin
        active_o = 1'b1;
        if (timer_end_i) begin
          load_sample_o = 1'b1;
          state_d = ProgrammerStateSample;
        end
      end
      ProgrammerStateSample: begin
        active_o = 1'b1;
        sample_o = 1'b1;
        if (timer_end_i) begin
          if (last_phase_i) begin
            state_d = ProgrammerStateStart;
          end else begin
            next_phase_o = 1'b1;
            load_settle_o = 1'b1;
            state_d = ProgrammerStateSettle;
          end
        end
      end
      ProgrammerStateStart: begin
        active_o = 1'b1;
        adc_start_o = 1'b1;
        state_d = ProgrammerStateConvert;
      end
      ProgrammerStateConvert: begin
        active_o = 1'b1;
        if (adc_done_i) begin
          capture_o = 1'b1;
          if (seek_i) begin
            state_d = ProgrammerStateSeek;
          end else begin
            state_d = ProgrammerStateDecide;
          end
        end
      end
      ProgrammerStateSeek: begin
        seek_o = 1'b1;
        if (last_bit_i) begin
          state_d = ProgrammerStateBelow;
        end
      end
      ProgrammerStateBelow: begin
        below_o = 1'b1;
        state_d = ProgrammerStateAbove;
      end
      ProgrammerStateAbove: begin
        above_o = 1'b1;
        state_d = ProgrammerStateDecide;
      end
      ProgrammerStateDecide: begin
        if (reached_i || exhausted_i) begin
          device_end_o = 1'b1;
          if (last_device_i) begin
            state_d = ProgrammerStateIdle;
          end else begin
            state_d = ProgrammerStateReadLine;
          end
        end else begin
          next_pulse_o = 1'b1;
          state_d = ProgrammerStatePulseLine;
        end
      end
      ProgrammerStatePulseLine: begin
        row_o = 1'b1;
        state_d = ProgrammerStatePulseColumn;
      end
      ProgrammerStatePulseColumn: begin
        column_o = 1'b1;
        state_d = ProgrammerStatePulseApply;
      end
      ProgrammerStatePulseApply: begin
        apply_o = 1'b1;
        state_d = ProgrammerStatePulse;
      end
      ProgrammerStatePulse: begin
        active_o = 1'b1;
        pulse_start_o = 1'b1;
        state_d = ProgrammerStatePulseWait;
      end
      ProgrammerStatePulseWait: begin
        active_o = 1'b1;
        if (pulse_done_i) begin
          state_d = ProgrammerStateReadLine;
        end
      end
      default: state_d = ProgrammerStateIdle;
    endcase
  end

endmodule

`default_nettype wire
