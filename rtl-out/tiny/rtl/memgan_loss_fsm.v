// SPDX-License-Identifier: MIT OR Apache-2.0
// memgan 0.1.0, configuration 27fc81e8c50ef658
// Source: src/rtl/loss.rs
//
// Walks the words of a tensor: reads a word, then takes its lanes one after the other.
//
// last_lane_i and last_word_i belong to the lane that write_o takes.
//
// Latency: strobes are combinational from the state and the flags.

`default_nettype none

module memgan_loss_fsm (
  input  wire clk_i,
  input  wire rst_ni,
  input  wire start_i,
  input  wire last_lane_i,
  input  wire last_word_i,
  output reg  read_o,
  output reg  write_o,
  output reg  done_o
);

  localparam [1:0] LossStateIdle = 2'd0;
  localparam [1:0] LossStateRead = 2'd1;
  localparam [1:0] LossStateLane = 2'd2;

  reg [1:0] state_q;
  reg [1:0] state_d;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= LossStateIdle;
    end else begin
      state_q <= state_d;
    end
  end

  always @* begin
    state_d = state_q;
    read_o = 1'b0;
    write_o = 1'b0;
    done_o = 1'b0;
    case (state_q)
      LossStateIdle: begin
        done_o = 1'b1;
        if (start_i) begin
          state_d = LossStateRead;
        end
      end
      LossStateRead: begin
        read_o = 1'b1;
        state_d = LossStateLane;
      end
      LossStateLane: begin
        write_o = 1'b1;
        if (last_lane_i) begin
          if (last_word_i) begin
            state_d = LossStateIdle;
          end else begin
            state_d = LossStateRead;
          end
        end
      end
      default: state_d = LossStateIdle;
    endcase
  end

endmodule

`default_nettype wire
