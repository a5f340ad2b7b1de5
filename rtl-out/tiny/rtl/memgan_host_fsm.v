// SPDX-License-Identifier: MIT OR Apache-2.0
// memgan 0.1.0, configuration 27fc81e8c50ef658
// Source: src/rtl/host.rs
//
// Takes commands one at a time: seed, load, latent, run, read. A run walks the operations of one
// network.
//
// Commands are taken while idle and after the accumulators are zero. Unknown commands do nothing.
//
// Latency: strobes are combinational from the state and the flags.

`default_nettype none

module memgan_host_fsm (
  input  wire clk_i,
  input  wire rst_ni,
  input  wire cmd_valid_i,
  input  wire is_seed_i,
  input  wire is_load_i,
  input  wire is_latent_i,
  input  wire is_run_i,
  input  wire is_read_i,
  input  wire clearing_i,
  input  wire in_valid_i,
  input  wire out_ready_i,
  input  wire count_end_i,
  input  wire op_done_i,
  input  wire last_op_i,
  output reg  accept_o,
  output reg  cmd_ready_o,
  output reg  warm_up_o,
  output reg  in_ready_o,
  output reg  write_input_o,
  output reg  write_latent_o,
  output reg  read_o,
  output reg  out_valid_o,
  output reg  advance_o,
  output reg  fetch_o,
  output reg  start_o,
  output reg  next_op_o,
  output reg  busy_o
);

  localparam [3:0] HostStateIdle      = 4'd0;
  localparam [3:0] HostStateSeed      = 4'd1;
  localparam [3:0] HostStateLoad      = 4'd2;
  localparam [3:0] HostStateLatent    = 4'd3;
  localparam [3:0] HostStateFetch     = 4'd4;
  localparam [3:0] HostStateStart     = 4'd5;
  localparam [3:0] HostStateRun       = 4'd6;
  localparam [3:0] HostStateReadFetch = 4'd7;
  localparam [3:0] HostStateReadSend  = 4'd8;

  reg [3:0] state_q;
  reg [3:0] state_d;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= HostStateIdle;
    end else begin
      state_q <= state_d;
    end
  end

  always @* begin
    state_d = state_q;
    accept_o = 1'b0;
    cmd_ready_o = state_q == HostStateIdle && !clearing_i;
    busy_o = state_q != HostStateIdle;
    warm_up_o = 1'b0;
    in_ready_o = 1'b0;
    write_input_o = 1'b0;
    write_latent_o = 1'b0;
    read_o = 1'b0;
    out_valid_o = 1'b0;
    advance_o = 1'b0;
    fetch_o = 1'b0;
    start_o = 1'b0;
    next_op_o = 1'b0;
    case (state_q)
      HostStateIdle: begin
        if (cmd_valid_i && !clearing_i) begin
          accept_o = 1'b1;
          if (is_seed_i) begin
            state_d = HostStateSeed;
          end
          if (is_load_i) begin
            state_d = HostStateLoad;
          end
          if (is_latent_i) begin
            state_d = HostStateLatent;
          end
          if (is_run_i) begin
            state_d = HostStateFetch;
          end
          if (is_read_i) begin
            state_d = HostStateReadFetch;
          end
        end
      end
      HostStateSeed: begin
        warm_up_o = 1'b1;
        advance_o = 1'b1;
        if (count_end_i) begin
          state_d = HostStateIdle;
        end
      end
      HostStateLoad: begin
        in_ready_o = 1'b1;
        if (in_valid_i) begin
          write_input_o = 1'b1;
          advance_o = 1'b1;
          if (count_end_i) begin
            state_d = HostStateIdle;
          end
        end
      end
      HostStateLatent: begin
        write_latent_o = 1'b1;
        advance_o = 1'b1;
        if (count_end_i) begin
          state_d = HostStateIdle;
        end
      end
      HostStateFetch: begin
        fetch_o = 1'b1;
        state_d = HostStateStart;
      end
      HostStateStart: begin
        start_o = 1'b1;
        state_d = HostStateRun;
      end
      HostStateRun: begin
        if (op_done_i) begin
          if (last_op_i) begin
            state_d = HostStateIdle;
          end else begin
            next_op_o = 1'b1;
            state_d = HostStateFetch;
          end
        end
      end
      HostStateReadFetch: begin
        read_o = 1'b1;
        state_d = HostStateReadSend;
      end
      HostStateReadSend: begin
        out_valid_o = 1'b1;
        if (out_ready_i) begin
          advance_o = 1'b1;
          if (count_end_i) begin
            state_d = HostStateIdle;
          end else begin
            state_d = HostStateReadFetch;
          end
        end
      end
      default: state_d = HostStateIdle;
    endcase
  end

endmodule

`default_nettype wire
