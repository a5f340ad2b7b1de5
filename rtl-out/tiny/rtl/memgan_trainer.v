// SPDX-License-Identifier: MIT OR Apache-2.0
// memgan 0.1.0, configuration 27fc81e8c50ef658
// Source: src/rtl/trainer.rs
//
// Stands before the host's command port. Command 5, train, makes as many training steps as its
// argument says.
//
// Before each phase SEED_STEP is added to the trainer's seed, and the random streams are seeded
// with the sum.
//
// Commands are taken while the host is idle; a train command keeps busy_o high to its end. The
// batch is written only while not busy.
//
// Latency: a phase: 11 cycles, its input (1 and 1 a word, 1 for a label), its operations. host_* is
// combinational from cmd_*.

`default_nettype none

module memgan_trainer (
  // Clock and reset
  input  wire        clk_i,
  input  wire        rst_ni,           // asynchronous, active low
  // Commands
  input  wire        cmd_valid_i,
  output wire        cmd_ready_o,
  input  wire [2:0]  cmd_op_i,         // 0..4 for the host, 5 train, 6 seed of the training
  input  wire [31:0] cmd_arg_i,        // steps, or seed
  // Batch
  input  wire        batch_valid_i,
  input  wire [3:0]  batch_i,          // images, 1..8; others are ignored
  // Commands of the host
  output wire        host_valid_o,
  input  wire        host_ready_i,
  output wire [2:0]  host_op_o,
  output wire [31:0] host_arg_o,
  input  wire        host_busy_i,
  // Input stream
  input  wire        in_valid_i,
  output wire        in_ready_o,
  // Input stream of the host
  output wire        host_in_valid_o,
  input  wire        host_in_ready_i,
  // Status
  output wire        busy_o,
  output wire        training_o,       // a train command runs
  output wire        step_start_o,     // one cycle before each step
  output wire [2:0]  phase_o,          // phase that runs
  output reg  [31:0] steps_o,          // steps since reset
  output reg  [31:0] images_o          // images of the stream trained on since reset
);

  // ---- Control ----

  wire is_train = cmd_op_i == 3'd5;
  wire is_train_seed = cmd_op_i == 3'd6;
  wire no_step = !(|cmd_arg_i);
  reg  loads;
  reg  draws;
  reg  repeats;
  wire last;
  wire take_train;
  wire take_seed;
  wire pass;
  wire seed;
  wire load;
  wire latent;
  wire run;
  wire seeded;
  wire label_ready;
  wire phase_end;

  memgan_trainer_fsm u_fsm (
    .clk_i         (clk_i),
    .rst_ni        (rst_ni),
    .cmd_valid_i   (cmd_valid_i),
    .is_train_i    (is_train),
    .is_seed_i     (is_train_seed),
    .no_step_i     (no_step),
    .host_ready_i  (host_ready_i),
    .in_valid_i    (in_valid_i),
    .loads_i       (loads),
    .draws_i       (draws),
    .labels_i      (1'b0),
    .last_i        (last),
    .cmd_ready_o   (cmd_ready_o),
    .take_train_o  (take_train),
    .take_seed_o   (take_seed),
    .pass_o        (pass),
    .seed_o        (seed),
    .load_o        (load),
    .latent_o      (latent),
    .run_o         (run),
    .seeded_o      (seeded),
    .label_ready_o (label_ready),
    .phase_end_o   (phase_end),
    .training_o    (training_o)
  );

  // ---- Phases of a step ----

  reg  [2:0]  phase_q;
  reg  [2:0]  next_phase;
  reg  [3:0]  batch_q;
  reg  [3:0]  image_q;
  reg  [31:0] steps_left_q;
  wire        image_last = image_q + 4'd1 == batch_q;

  always @* begin
    next_phase = 3'd0;
    loads = 1'b0;
    draws = 1'b0;
    repeats = 1'b0;
    case (phase_q)
      3'd0: begin
        // real
        loads = 1'b1;
        next_phase = 3'd1;
      end
      3'd1: begin
        // fake
        draws = 1'b1;
        repeats = 1'b1;
        next_phase = image_last ? 3'd2 : 3'd0;
      end
      3'd2: begin
        // apply_discriminator
        next_phase = 3'd3;
      end
      3'd3: begin
        // generate
        draws = 1'b1;
        repeats = 1'b1;
        next_phase = image_last ? 3'd4 : 3'd3;
      end
      3'd4: begin
        // apply_generator
        next_phase = 3'd0;
      end
      default: begin
        // no such phase
      end
    endcase
  end

  wire step_end = phase_end && phase_q == 3'd4;
  wire last_step = steps_left_q == 32'd1;

  assign last = phase_q == 3'd4 && last_step;
  assign step_start_o = (take_train && !no_step) || (step_end && !last_step);

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      phase_q <= 3'd0;
      image_q <= 4'd0;
      images_o <= 32'd0;
      steps_left_q <= 32'd0;
      steps_o <= 32'd0;
      batch_q <= 4'd8;
    end else begin
      if (phase_end) begin
        phase_q <= next_phase;
        if (repeats) begin
          image_q <= image_last ? 4'd0 : image_q + 4'd1;
        end
        if (loads) begin
          images_o <= images_o + 32'd1;
        end
      end
      if (take_train) begin
        steps_left_q <= cmd_arg_i;
      end else if (step_end) begin
        steps_left_q <= steps_left_q - 32'd1;
        steps_o <= steps_o + 32'd1;
      end
      if (batch_valid_i && (|batch_i) && batch_i <= 4'd8) begin
        batch_q <= batch_i;
      end
    end
  end

  assign phase_o = phase_q;
  assign busy_o = host_busy_i || training_o;

  // ---- Commands ----

  reg [31:0] seed_q;

  localparam [31:0] SEED_STEP = 32'h9e3779b9;  // golden ratio of 2^32

  wire [31:0] next_seed = seed_q + SEED_STEP;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      seed_q <= 32'd0;
    end else if (take_seed) begin
      seed_q <= cmd_arg_i;
    end else if (seeded) begin
      seed_q <= next_seed;
    end
  end

  assign host_valid_o = |{pass, seed, load, latent, run};
  assign host_op_o = pass ? cmd_op_i : seed ? 3'd0 : load ? 3'd1 : latent ? 3'd2 : 3'd3;

  wire [31:0] program_number = {29'd0, phase_q} + 32'd2;

  assign host_arg_o = pass ? cmd_arg_i
      : seed ? next_seed
      : load ? 32'd1
      : latent ? 32'd0
      : program_number;

  // ---- Input stream ----

  assign host_in_valid_o = in_valid_i && !label_ready;
  assign in_ready_o = host_in_ready_i || label_ready;

endmodule

`default_nettype wire
