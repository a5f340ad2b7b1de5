// SPDX-License-Identifier: MIT OR Apache-2.0
// memgan 0.1.0, configuration 27fc81e8c50ef658
// Source: src/rtl/trainer.rs
//
// Passes commands to the host; a train command becomes a sequence of them, for each phase: seed,
// load or latent, run. After a load, once the host is idle again, the word behind the image is
// taken as its label.
//
// Commands are taken while the host is idle.
//
// Latency: strobes are combinational from the state and the flags.

`default_nettype none

module memgan_trainer_fsm (
  input  wire clk_i,
  input  wire rst_ni,
  input  wire cmd_valid_i,
  input  wire is_train_i,
  input  wire is_seed_i,
  input  wire no_step_i,
  input  wire host_ready_i,
  input  wire in_valid_i,
  input  wire loads_i,
  input  wire draws_i,
  input  wire labels_i,
  input  wire last_i,
  output reg  cmd_ready_o,
  output reg  take_train_o,
  output reg  take_seed_o,
  output reg  pass_o,
  output reg  seed_o,
  output reg  load_o,
  output reg  latent_o,
  output reg  run_o,
  output reg  seeded_o,
  output reg  label_ready_o,
  output reg  phase_end_o,
  output reg  training_o
);

  localparam [2:0] TrainerStateIdle  = 3'd0;
  localparam [2:0] TrainerStateSeed  = 3'd1;
  localparam [2:0] TrainerStateInput = 3'd2;
  localparam [2:0] TrainerStateLabel = 3'd3;
  localparam [2:0] TrainerStateRun   = 3'd4;
  localparam [2:0] TrainerStateWait  = 3'd5;

  reg [2:0] state_q;
  reg [2:0] state_d;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= TrainerStateIdle;
    end else begin
      state_q <= state_d;
    end
  end

  always @* begin
    state_d = state_q;
    cmd_ready_o = 1'b0;
    take_train_o = 1'b0;
    take_seed_o = 1'b0;
    pass_o = 1'b0;
    seed_o = 1'b0;
    load_o = 1'b0;
    latent_o = 1'b0;
    run_o = 1'b0;
    seeded_o = 1'b0;
    label_ready_o = 1'b0;
    phase_end_o = 1'b0;
    training_o = 1'b1;
    case (state_q)
      TrainerStateIdle: begin
        training_o = 1'b0;
        cmd_ready_o = host_ready_i;
        if (cmd_valid_i) begin
          if (is_train_i) begin
            take_train_o = host_ready_i;
            if (host_ready_i && !no_step_i) begin
              state_d = TrainerStateSeed;
            end
          end else if (is_seed_i) begin
            take_seed_o = host_ready_i;
          end else begin
            pass_o = 1'b1;
          end
        end
      end
      TrainerStateSeed: begin
        seed_o = 1'b1;
        if (host_ready_i) begin
          seeded_o = 1'b1;
          if (loads_i || draws_i) begin
            state_d = TrainerStateInput;
          end else begin
            state_d = TrainerStateRun;
          end
        end
      end
      TrainerStateInput: begin
        load_o = loads_i;
        latent_o = !loads_i;
        if (host_ready_i) begin
          if (labels_i) begin
            state_d = TrainerStateLabel;
          end else begin
            state_d = TrainerStateRun;
          end
        end
      end
      TrainerStateLabel: begin
        label_ready_o = host_ready_i;
        if (host_ready_i && in_valid_i) begin
          state_d = TrainerStateRun;
        end
      end
      TrainerStateRun: begin
        run_o = 1'b1;
        if (host_ready_i) begin
          state_d = TrainerStateWait;
        end
      end
      TrainerStateWait: begin
        if (host_ready_i) begin
          phase_end_o = 1'b1;
          if (last_i) begin
            state_d = TrainerStateIdle;
          end else begin
            state_d = TrainerStateSeed;
          end
        end
      end
      default: state_d = TrainerStateIdle;
    endcase
  end

endmodule

`default_nettype wire
