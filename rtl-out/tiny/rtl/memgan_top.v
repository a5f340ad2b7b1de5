// SPDX-License-Identifier: MIT OR Apache-2.0
// memgan 0.1.0, configuration 27fc81e8c50ef658
// Source: src/rtl/top/mod.rs
//
// memgan design tiny: 10 tiles in 4 layers.
//
// Program the cells, then biases and layer parameters; then commands: seed, load or latent, run,
// read.
//
// train takes steps: for each real image a load on the image port, with the class in a word after
// it where the network is a classifier.

`default_nettype none

module memgan_top (
  // Clock and reset
  input  wire        clk_i,
  input  wire        rst_ni,          // asynchronous, active low
  // Commands
  input  wire        cmd_valid_i,
  output wire        cmd_ready_o,
  // 0 seed, 1 load, 2 latent, 3 run, 4 read, 5 train, 6 seed of the training
  input  wire [2:0]  cmd_op_i,
  input  wire [31:0] cmd_arg_i,       // seed, network or phase, or steps
  // Image in
  input  wire        in_valid_i,
  output wire        in_ready_o,
  input  wire [31:0] in_data_i,       // signed 8 bit a lane
  // Image out
  output wire        out_valid_o,
  input  wire        out_ready_i,
  output wire [31:0] out_data_o,      // signed 8 bit a lane
  output wire        out_last_o,
  // Programming of cells: only while not busy
  input  wire        prog_valid_i,
  output wire        prog_ready_o,
  input  wire        prog_write_i,    // 0: read the cells
  input  wire [3:0]  prog_tile_i,
  input  wire [3:0]  prog_row_i,      // word line
  input  wire [2:0]  prog_group_i,    // conversion group
  input  wire [47:0] prog_data_i,     // levels a cell, ADC 0 in the low bits
  output wire [47:0] prog_data_o,     // cells that were read, in the cycle after
  output wire [3:0]  prog_failed_o,   // by ADC: cells of the last word by write-verify that failed
  // Configuration: only while not busy
  input  wire        cfg_valid_i,
  output wire        cfg_ready_o,
  input  wire        cfg_write_i,     // 0: read
  // 0 bias word, 1 {shift, gain}, 2 training registers, 3..12 counters, 14 write-verify, 15 trainer
  input  wire [3:0]  cfg_space_i,
  input  wire [4:0]  cfg_addr_i,      // bias word, or layer
  input  wire [63:0] cfg_data_i,      // signed 16 bit a lane
  output wire [63:0] cfg_data_o,      // what was read, in the cycle after
  // Status
  output wire        busy_o,
  output wire [6:0]  op_o,            // running operation
  output wire        array_active_o,  // a tile settles, samples, converts or is pulsed
  // Tap: every write to the activation memory, and to the error memory above it
  output wire        tap_valid_o,
  output wire [6:0]  tap_addr_o,      // word
  output wire [3:0]  tap_mask_o,      // lanes
  output wire [31:0] tap_data_o
);

  // ---- Sequencer and schedule ----

  wire        op_gather_window;
  wire        op_scatter_window;
  wire        op_finish;
  wire        op_last;
  wire [1:0]  op_layer;
  wire [5:0]  op_source_word;
  wire [5:0]  op_target_word;
  wire [6:0]  op_kernel_last;
  wire [6:0]  op_row_len;
  wire [6:0]  op_image_rows;
  wire [6:0]  op_image_row_len;
  wire [6:0]  op_stride;
  wire [6:0]  op_step;
  wire [6:0]  op_row_step;
  wire [6:0]  op_padding;
  wire [6:0]  op_padding_len;
  wire [6:0]  op_padding_rows_len;
  wire [4:0]  op_positions_x_last;
  wire [4:0]  op_positions_y_last;
  wire [4:0]  op_positions_last;
  wire [6:0]  op_gather_len;
  wire [6:0]  op_drain_len;
  wire [4:0]  op_groups_last;
  wire [6:0]  op_group_columns;
  wire [4:0]  op_bias_word;
  wire [4:0]  op_bias_last;
  wire [2:0]  op_activation;
  wire [2:0]  op_slope;
  wire [7:0]  op_dropout;
  wire        op_backward;
  wire        op_update;
  wire        op_loss;
  wire        op_bias_sum;
  wire        op_adapt;
  wire [7:0]  op_loss_target;
  wire        op_loss_class;
  wire [1:0]  op_tail;
  wire        op_trained;
  wire [6:0]  op_biases_last;
  wire        batch_valid = cfg_valid_i && cfg_ready_o && cfg_write_i && cfg_space_i == 4'd15;
  wire [3:0]  batch = cfg_data_i[3:0];
  wire        host_cmd_valid;
  wire        host_cmd_ready;
  wire [2:0]  host_cmd_op;
  wire [31:0] host_cmd_arg;
  wire        host_busy;
  wire        host_in_valid;
  wire        host_in_ready;
  wire        training;
  wire        step_start;
  wire [2:0]  training_phase;
  wire [31:0] steps;
  wire [31:0] images;

  memgan_trainer u_trainer (
    .clk_i           (clk_i),
    .rst_ni          (rst_ni),
    .cmd_valid_i     (cmd_valid_i),
    .cmd_ready_o     (cmd_ready_o),
    .cmd_op_i        (cmd_op_i),
    .cmd_arg_i       (cmd_arg_i),
    .batch_valid_i   (batch_valid),
    .batch_i         (batch),
    .host_valid_o    (host_cmd_valid),
    .host_ready_i    (host_cmd_ready),
    .host_op_o       (host_cmd_op),
    .host_arg_o      (host_cmd_arg),
    .host_busy_i     (host_busy),
    .in_valid_i      (in_valid_i),
    .in_ready_o      (in_ready_o),
    .host_in_valid_o (host_in_valid),
    .host_in_ready_i (host_in_ready),
    .busy_o          (busy_o),
    .training_o      (training),
    .step_start_o    (step_start),
    .phase_o         (training_phase),
    .steps_o         (steps),
    .images_o        (images)
  );

  wire        unused_training = &{1'b0, training};
  wire        sequencer_busy;
  wire        fetch;
  wire        start;
  wire        op_done;
  wire        clearing;
  wire        seed_valid;
  wire [31:0] seed;
  wire        host_step;
  wire [31:0] latents;
  wire        host_read;
  wire        host_write;
  wire [5:0]  host_address;
  wire [31:0] host_data;
  wire [31:0] activation_read_data;

  memgan_host u_host (
    .clk_i         (clk_i),
    .rst_ni        (rst_ni),
    .cmd_valid_i   (host_cmd_valid),
    .cmd_ready_o   (host_cmd_ready),
    .cmd_op_i      (host_cmd_op),
    .cmd_arg_i     (host_cmd_arg),
    .in_valid_i    (host_in_valid),
    .in_ready_o    (host_in_ready),
    .in_data_i     (in_data_i),
    .out_valid_o   (out_valid_o),
    .out_ready_i   (out_ready_i),
    .out_data_o    (out_data_o),
    .out_last_o    (out_last_o),
    .busy_o        (sequencer_busy),
    .op_o          (op_o),
    .fetch_o       (fetch),
    .start_o       (start),
    .op_done_i     (op_done),
    .last_op_i     (op_last),
    .clearing_i    (clearing),
    .seed_valid_o  (seed_valid),
    .seed_o        (seed),
    .random_step_o (host_step),
    .latents_i     (latents),
    .read_valid_o  (host_read),
    .write_valid_o (host_write),
    .address_o     (host_address),
    .write_data_o  (host_data),
    .read_data_i   (activation_read_data)
  );

  wire programming;

  assign host_busy = sequencer_busy || programming;

  memgan_schedule_rom u_schedule (
    .clk_i              (clk_i),
    .rst_ni             (rst_ni),
    .fetch_i            (fetch),
    .op_i               (op_o),
    .gather_window_o    (op_gather_window),
    .scatter_window_o   (op_scatter_window),
    .finish_o           (op_finish),
    .last_o             (op_last),
    .layer_o            (op_layer),
    .source_word_o      (op_source_word),
    .target_word_o      (op_target_word),
    .kernel_last_o      (op_kernel_last),
    .row_len_o          (op_row_len),
    .image_rows_o       (op_image_rows),
    .image_row_len_o    (op_image_row_len),
    .stride_o           (op_stride),
    .step_o             (op_step),
    .row_step_o         (op_row_step),
    .padding_o          (op_padding),
    .padding_len_o      (op_padding_len),
    .padding_rows_len_o (op_padding_rows_len),
    .positions_x_last_o (op_positions_x_last),
    .positions_y_last_o (op_positions_y_last),
    .positions_last_o   (op_positions_last),
    .gather_len_o       (op_gather_len),
    .drain_len_o        (op_drain_len),
    .groups_last_o      (op_groups_last),
    .group_columns_o    (op_group_columns),
    .bias_word_o        (op_bias_word),
    .bias_last_o        (op_bias_last),
    .activation_o       (op_activation),
    .slope_o            (op_slope),
    .dropout_o          (op_dropout),
    .backward_o         (op_backward),
    .update_o           (op_update),
    .loss_o             (op_loss),
    .bias_sum_o         (op_bias_sum),
    .adapt_o            (op_adapt),
    .loss_target_o      (op_loss_target),
    .loss_class_o       (op_loss_class),
    .tail_o             (op_tail),
    .trained_o          (op_trained),
    .biases_last_o      (op_biases_last)
  );

  wire cfg_writes = cfg_valid_i && cfg_ready_o && cfg_write_i;
  wire cfg_bias = cfg_writes && !(|cfg_space_i) && cfg_addr_i < 5'd19;

  assign cfg_ready_o = !busy_o;

  wire        verify_write = cfg_writes && cfg_space_i == 4'd14 && !cfg_addr_i[4];
  wire [3:0]  verify_address = cfg_addr_i[3:0];
  wire [31:0] verify_data = cfg_data_i[31:0];
  wire [31:0] verify_read_data;
  wire [1:0]  verify;
  wire [6:0]  verify_input;
  wire [3:0]  verify_gain;
  wire [7:0]  verify_tolerance;
  wire [7:0]  verify_pulses;
  wire [1:0]  verify_mode;
  wire [31:0] set_strengths;
  wire [31:0] reset_strengths;
  wire        verify_word_valid;
  wire        verify_device_valid;
  wire        verify_set_pulse_valid;
  wire        verify_reset_pulse_valid;
  wire        verify_read_valid;
  wire        verify_failure_valid;

  memgan_program_registers u_program_registers (
    .clk_i               (clk_i),
    .rst_ni              (rst_ni),
    .write_valid_i       (verify_write),
    .address_i           (verify_address),
    .write_data_i        (verify_data),
    .read_data_o         (verify_read_data),
    .verify_o            (verify),
    .read_input_o        (verify_input),
    .read_gain_o         (verify_gain),
    .tolerance_o         (verify_tolerance),
    .max_pulses_o        (verify_pulses),
    .mode_o              (verify_mode),
    .set_o               (set_strengths),
    .reset_o             (reset_strengths),
    .word_valid_i        (verify_word_valid),
    .device_valid_i      (verify_device_valid),
    .set_pulse_valid_i   (verify_set_pulse_valid),
    .reset_pulse_valid_i (verify_reset_pulse_valid),
    .read_valid_i        (verify_read_valid),
    .failure_valid_i     (verify_failure_valid)
  );

  wire refreshes = verify[1];
  wire verifies = (|verify) && prog_write_i;

  assign prog_ready_o = !busy_o && !(verifies && cmd_valid_i);

  wire        program_start = prog_valid_i && prog_ready_o && verifies;
  wire [3:0]  program_tile;
  wire        program_dac_valid;
  wire        program_dac_side;
  wire [1:0]  program_word;
  wire [1:0]  program_slot;
  wire [3:0]  program_mask;
  wire [7:0]  program_dac_code;
  wire        program_apply;
  wire        program_sample;
  wire        program_phase;
  wire        program_adc_start;
  wire [2:0]  program_group;
  wire        program_adc_done;
  wire [31:0] program_codes;
  wire        program_pulse_start;
  wire        program_pulse_up;
  wire [7:0]  pulse_strength;
  wire        program_pulse_done;
  wire [1:0]  program_sides;
  wire        program_active;

  memgan_programmer u_programmer (
    .clk_i               (clk_i),
    .rst_ni              (rst_ni),
    .start_i             (program_start),
    .prog_tile_i         (prog_tile_i),
    .prog_row_i          (prog_row_i),
    .prog_group_i        (prog_group_i),
    .prog_data_i         (prog_data_i),
    .busy_o              (programming),
    .prog_failed_o       (prog_failed_o),
    .read_input_i        (verify_input),
    .read_gain_i         (verify_gain),
    .tolerance_i         (verify_tolerance),
    .max_pulses_i        (verify_pulses),
    .mode_i              (verify_mode),
    .refresh_i           (refreshes),
    .set_i               (set_strengths),
    .reset_i             (reset_strengths),
    .tile_o              (program_tile),
    .dac_valid_o         (program_dac_valid),
    .dac_side_o          (program_dac_side),
    .word_o              (program_word),
    .slot_o              (program_slot),
    .mask_o              (program_mask),
    .dac_code_o          (program_dac_code),
    .apply_o             (program_apply),
    .sample_o            (program_sample),
    .phase_o             (program_phase),
    .adc_start_o         (program_adc_start),
    .group_o             (program_group),
    .adc_done_i          (program_adc_done),
    .adc_codes_i         (program_codes),
    .pulse_start_o       (program_pulse_start),
    .pulse_up_o          (program_pulse_up),
    .pulse_strength_o    (pulse_strength),
    .pulse_done_i        (program_pulse_done),
    .sides_o             (program_sides),
    .active_o            (program_active),
    .word_valid_o        (verify_word_valid),
    .device_valid_o      (verify_device_valid),
    .set_pulse_valid_o   (verify_set_pulse_valid),
    .reset_pulse_valid_o (verify_reset_pulse_valid),
    .read_valid_o        (verify_read_valid),
    .failure_valid_o     (verify_failure_valid)
  );

  wire [4:0]  cfg_bias_address = cfg_addr_i;
  wire [4:0]  cfg_layer = cfg_addr_i;
  wire        cfg_registers = cfg_writes && (cfg_space_i == 4'd1 || cfg_space_i == 4'd2);
  wire        cfg_training = cfg_space_i == 4'd2;
  wire        cfg_reads = cfg_valid_i && cfg_ready_o && !cfg_write_i;
  wire [3:0]  cfg_register_space = cfg_space_i - 4'd1;
  wire [51:0] cfg_register = cfg_data_i[51:0];
  wire [3:0]  gain;
  wire [3:0]  back_gain;
  wire [3:0]  shift;
  wire [3:0]  back_shift;
  wire [3:0]  read_gain = op_backward ? back_gain : gain;
  wire [3:0]  requantise_shift = op_backward ? back_shift : shift;
  wire [51:0] register_read_data;
  wire [7:0]  rate;
  wire [3:0]  fineness;
  wire [31:0] target;
  wire        read_end;
  wire        read_saturated;
  wire        read_upper;
  wire        errors_valid;
  wire [2:0]  errors_count;
  wire [2:0]  errors_saturated;
  wire [2:0]  errors_upper;
  wire        pulses_valid;
  wire [9:0]  pulses;
  wire [95:0] forward_range;
  wire [95:0] backward_range;
  wire [95:0] errors_range;
  wire [31:0] pulses_counted;
  wire        adapt_valid;
  wire [3:0]  adapt_gain;
  wire [3:0]  adapt_shift;
  wire [3:0]  adapt_back_gain;
  wire [3:0]  adapt_back_shift;
  wire [7:0]  adapt_rate;

  memgan_training_registers u_registers (
    .clk_i              (clk_i),
    .rst_ni             (rst_ni),
    .write_valid_i      (cfg_registers),
    .write_space_i      (cfg_training),
    .write_layer_i      (cfg_layer),
    .write_data_i       (cfg_register),
    .read_valid_i       (cfg_reads),
    .read_space_i       (cfg_register_space),
    .read_layer_i       (cfg_layer),
    .read_data_o        (register_read_data),
    .layer_i            (op_layer),
    .gain_o             (gain),
    .shift_o            (shift),
    .back_gain_o        (back_gain),
    .back_shift_o       (back_shift),
    .rate_o             (rate),
    .fineness_o         (fineness),
    .target_o           (target),
    .read_end_i         (read_end),
    .read_backward_i    (op_backward),
    .read_saturated_i   (read_saturated),
    .read_upper_i       (read_upper),
    .errors_valid_i     (errors_valid),
    .errors_count_i     (errors_count),
    .errors_saturated_i (errors_saturated),
    .errors_upper_i     (errors_upper),
    .pulses_valid_i     (pulses_valid),
    .pulses_i           (pulses),
    .forward_o          (forward_range),
    .backward_o         (backward_range),
    .errors_o           (errors_range),
    .pulses_o           (pulses_counted),
    .adapt_valid_i      (adapt_valid),
    .adapt_gain_i       (adapt_gain),
    .adapt_shift_i      (adapt_shift),
    .adapt_back_gain_i  (adapt_back_gain),
    .adapt_back_shift_i (adapt_back_shift),
    .adapt_rate_i       (adapt_rate)
  );

  wire        cfg_reads_bias = cfg_reads && !(|cfg_space_i);
  wire [31:0] loss_real;
  wire [31:0] loss_fake;
  wire [31:0] loss_generate;
  reg  [31:0] counter;

  always @* begin
    case (cfg_addr_i)
      5'd0: counter = steps;
      5'd1: counter = images;
      5'd2: counter = loss_real;
      5'd3: counter = loss_fake;
      5'd4: counter = loss_generate;
      default: counter = 32'd0;
    endcase
  end

  reg [63:0] cfg_answer_q;
  reg        cfg_from_memory_q;

  always @(posedge clk_i) begin
    if (cfg_reads) begin
      cfg_answer_q <= (cfg_space_i == 4'd15) ? {32'd0, counter}
          : (cfg_space_i == 4'd14) ? {32'd0, verify_read_data}
          : {12'd0, register_read_data};
      cfg_from_memory_q <= cfg_reads_bias;
    end
  end

  wire [63:0] bias_read_data;

  assign cfg_data_o = cfg_from_memory_q ? bias_read_data : cfg_answer_q;

  // ---- Address generators: one window, one run for each side ----

  wire       walks = start && !(op_loss || op_bias_sum || op_adapt);
  wire       gather_segment_valid;
  wire [6:0] gather_segment_address;
  wire [6:0] gather_segment_index;
  wire [6:0] gather_segment_len;
  wire       gather_segment_last;
  wire       gather_segment_final;
  wire       gather_segment_ready;
  wire       drain_segment_valid;
  wire [6:0] drain_segment_address;
  wire [6:0] drain_segment_index;
  wire [6:0] drain_segment_len;
  wire       drain_segment_last;
  wire       drain_segment_final;
  wire       drain_segment_ready;
  wire       gather_run_valid;
  wire [6:0] gather_run_address;
  wire [6:0] gather_run_index;
  wire [6:0] gather_run_len;
  wire       gather_run_last;
  wire       gather_run_final;
  wire       gather_run_ready;
  wire       drain_run_valid;
  wire [6:0] drain_run_address;
  wire [6:0] drain_run_index;
  wire [6:0] drain_run_len;
  wire       drain_run_last;
  wire       drain_run_final;
  wire       drain_run_ready;
  wire       window_valid;
  wire [6:0] window_address;
  wire [6:0] window_index;
  wire [6:0] window_len;
  wire       window_last;
  wire       window_final;
  wire       window_ready;
  wire       window_start = walks && (op_gather_window || op_scatter_window);

  memgan_window_walker u_window_walker (
    .clk_i              (clk_i),
    .rst_ni             (rst_ni),
    .start_i            (window_start),
    .kernel_last_i      (op_kernel_last),
    .row_len_i          (op_row_len),
    .image_rows_i       (op_image_rows),
    .image_row_len_i    (op_image_row_len),
    .stride_i           (op_stride),
    .step_i             (op_step),
    .row_step_i         (op_row_step),
    .padding_i          (op_padding),
    .padding_len_i      (op_padding_len),
    .padding_rows_len_i (op_padding_rows_len),
    .positions_x_last_i (op_positions_x_last),
    .positions_y_last_i (op_positions_y_last),
    .segment_ready_i    (window_ready),
    .segment_valid_o    (window_valid),
    .segment_address_o  (window_address),
    .segment_len_o      (window_len),
    .segment_last_o     (window_last),
    .segment_final_o    (window_final),
    .segment_index_o    (window_index)
  );

  wire gather_run_start = walks && !op_gather_window && !op_finish;
  wire drain_run_start = walks && !op_scatter_window;

  memgan_run_walker u_gather_runs (
    .clk_i             (clk_i),
    .rst_ni            (rst_ni),
    .start_i           (gather_run_start),
    .len_i             (op_gather_len),
    .positions_last_i  (op_positions_last),
    .segment_ready_i   (gather_run_ready),
    .segment_valid_o   (gather_run_valid),
    .segment_address_o (gather_run_address),
    .segment_len_o     (gather_run_len),
    .segment_last_o    (gather_run_last),
    .segment_final_o   (gather_run_final)
  );

  assign gather_run_index = 7'd0;

  memgan_run_walker u_drain_runs (
    .clk_i             (clk_i),
    .rst_ni            (rst_ni),
    .start_i           (drain_run_start),
    .len_i             (op_drain_len),
    .positions_last_i  (op_positions_last),
    .segment_ready_i   (drain_run_ready),
    .segment_valid_o   (drain_run_valid),
    .segment_address_o (drain_run_address),
    .segment_len_o     (drain_run_len),
    .segment_last_o    (drain_run_last),
    .segment_final_o   (drain_run_final)
  );

  assign drain_run_index = 7'd0;

  wire segment_side;
  wire gathers_errors = op_update && segment_side;
  wire gathers_window = gathers_errors ? op_scatter_window : op_gather_window;
  wire drains = !op_update;

  assign gather_segment_valid = gathers_window ? window_valid
      : gathers_errors ? drain_run_valid
      : gather_run_valid;
  assign drain_segment_valid = drains && (op_scatter_window ? window_valid : drain_run_valid);
  assign gather_segment_address = gathers_window ? window_address
      : gathers_errors ? drain_run_address
      : gather_run_address;
  assign drain_segment_address = op_scatter_window ? window_address : drain_run_address;
  assign gather_segment_index = gathers_window ? window_index
      : gathers_errors ? drain_run_index
      : gather_run_index;
  assign drain_segment_index = op_scatter_window ? window_index : drain_run_index;
  assign gather_segment_len = gathers_window ? window_len
      : gathers_errors ? drain_run_len
      : gather_run_len;
  assign drain_segment_len = op_scatter_window ? window_len : drain_run_len;
  assign gather_segment_last = gathers_window ? window_last
      : gathers_errors ? drain_run_last
      : gather_run_last;
  assign drain_segment_last = op_scatter_window ? window_last : drain_run_last;
  assign gather_segment_final = gathers_window ? window_final
      : gathers_errors ? drain_run_final
      : gather_run_final;
  assign drain_segment_final = op_scatter_window ? window_final : drain_run_final;
  assign gather_run_ready = gather_segment_ready && !gathers_window && !gathers_errors;
  assign drain_run_ready = (gathers_errors && gather_segment_ready && !gathers_window) ||
      (drains && drain_segment_ready && !op_scatter_window);
  assign window_ready = (gathers_window && gather_segment_ready) ||
      (drains && op_scatter_window && drain_segment_ready);

  wire unused_final = &{1'b0, gather_segment_final};

  // ---- Gather ----

  wire        gather_read;
  wire [5:0]  gather_address;
  wire        gather_dac_valid;
  wire [4:0]  gather_dac_word;
  wire [3:0]  gather_dac_mask;
  wire [3:0]  gather_dac_next;
  wire [31:0] gather_dac_data;
  wire        vectors_taken;
  wire        vector_ready;
  wire [31:0] error_read_data;
  wire        gather_side;
  wire        gather_dac_side;
  wire [91:0] random_firing;
  wire        fire_step;

  memgan_gather u_gather (
    .clk_i             (clk_i),
    .rst_ni            (rst_ni),
    .segment_valid_i   (gather_segment_valid),
    .segment_ready_o   (gather_segment_ready),
    .segment_address_i (gather_segment_address),
    .segment_index_i   (gather_segment_index),
    .segment_len_i     (gather_segment_len),
    .segment_last_i    (gather_segment_last),
    .source_word_i     (op_source_word),
    .read_valid_o      (gather_read),
    .read_address_o    (gather_address),
    .read_data_i       (activation_read_data),
    .dac_valid_o       (gather_dac_valid),
    .dac_word_o        (gather_dac_word),
    .dac_mask_o        (gather_dac_mask),
    .dac_next_o        (gather_dac_next),
    .dac_data_o        (gather_dac_data),
    .apply_i           (vectors_taken),
    .vector_ready_o    (vector_ready),
    .start_i           (start),
    .backward_i        (op_backward),
    .update_i          (op_update),
    .target_word_i     (op_target_word),
    .error_data_i      (error_read_data),
    .segment_side_o    (segment_side),
    .read_side_o       (gather_side),
    .dac_side_o        (gather_dac_side),
    .random_i          (random_firing),
    .rate_i            (rate),
    .random_step_o     (fire_step)
  );

  // ---- Updates: outer products, pulses ----

  wire        dac_valid = gather_dac_valid;
  wire        dac_side = gather_dac_side;
  wire [4:0]  dac_word = gather_dac_word;
  wire [3:0]  dac_mask = gather_dac_mask;
  wire [3:0]  dac_next = gather_dac_next;
  wire [31:0] dac_data = gather_dac_data;
  wire        pulses_enable;

  assign pulses_enable = op_update;

  wire vectors_ready;

  assign vectors_ready = vector_ready;

  wire [1:0] pulse_sides;
  wire [1:0] sides = programming ? program_sides : pulse_sides;
  wire       pulses_sent;
  wire       pulse_apply;
  wire       pulse_start;
  wire       pulse_rows_negative;
  wire       pulse_columns_negative;
  wire       pulse_up;
  wire       pulse_done;
  wire       pulse_active;
  wire       minus_first;

  memgan_pulse_control u_pulse_control (
    .clk_i                    (clk_i),
    .rst_ni                   (rst_ni),
    .start_i                  (start),
    .enable_i                 (pulses_enable),
    .positions_last_i         (op_positions_last),
    .all_sent_o               (pulses_sent),
    .dac_valid_i              (dac_valid),
    .dac_side_i               (dac_side),
    .dac_mask_i               (dac_mask),
    .dac_data_i               (dac_data),
    .vectors_ready_i          (vectors_ready),
    .apply_o                  (pulse_apply),
    .pulse_start_o            (pulse_start),
    .pulse_rows_negative_o    (pulse_rows_negative),
    .pulse_columns_negative_o (pulse_columns_negative),
    .pulse_up_o               (pulse_up),
    .pulse_done_i             (pulse_done),
    .active_o                 (pulse_active),
    .minus_first_i            (minus_first),
    .sides_o                  (pulse_sides),
    .pulses_valid_o           (pulses_valid),
    .pulses_o                 (pulses)
  );

  wire read_apply;

  assign vectors_taken = read_apply || pulse_apply;

  wire read_active;

  assign array_active_o = read_active || pulse_active || program_active;

  // ---- Array ----

  wire       read_ready = vector_ready && !op_update;
  wire       read_sample;
  wire       read_phase;
  wire       read_start;
  wire [4:0] adc_group;
  wire       done;
  wire       capture;
  wire       captured;
  wire       release_group;
  wire       codes_saturated;
  wire       codes_upper;

  memgan_array_control u_array_control (
    .clk_i             (clk_i),
    .rst_ni            (rst_ni),
    .groups_last_i     (op_groups_last),
    .vector_ready_i    (read_ready),
    .apply_o           (read_apply),
    .sample_o          (read_sample),
    .phase_o           (read_phase),
    .adc_start_o       (read_start),
    .adc_group_o       (adc_group),
    .done_i            (done),
    .capture_o         (capture),
    .captured_o        (captured),
    .release_i         (release_group),
    .active_o          (read_active),
    .codes_saturated_i (codes_saturated),
    .codes_upper_i     (codes_upper),
    .read_end_o        (read_end),
    .read_saturated_o  (read_saturated),
    .read_upper_o      (read_upper)
  );

  wire [1:0]  result_word;
  wire [3:0]  result_next;
  wire        prog = prog_valid_i && prog_ready_o && !verifies;
  wire        apply = read_apply || pulse_apply || program_apply;
  wire        sample = read_sample || program_sample;
  wire        phase = programming ? program_phase : read_phase;
  wire        adc_start = read_start || program_adc_start;
  wire        read_columns = op_backward && !programming;
  wire [3:0]  tile_gain = programming ? verify_gain : read_gain;
  wire        tile_dac_valid = dac_valid || program_dac_valid;
  wire        tile_dac_side = programming ? program_dac_side : dac_side;
  wire [31:0] tile_dac_data = programming ? {4{program_dac_code}} : dac_data;
  wire        tile_pulse_start = pulse_start || program_pulse_start;
  wire        tile_pulse_up = programming ? program_pulse_up : pulse_up;
  wire        tile_pulse_rows_negative = pulse_rows_negative && !programming;
  wire        tile_pulse_columns_negative = pulse_columns_negative && !programming;
  wire        select_generator_0 = op_layer == 2'd0 && !programming;
  wire        done_generator_0;
  wire        codes_saturated_generator_0;
  wire        codes_upper_generator_0;
  wire [39:0] sums_generator_0;
  wire        pulse_done_generator_0;
  wire [47:0] prog_data_generator_0;
  wire        program_adc_done_generator_0;
  wire [31:0] program_codes_generator_0;
  wire        program_pulse_done_generator_0;

  memgan_bank_generator_0 u_bank_generator_0 (
    .clk_i                    (clk_i),
    .rst_ni                   (rst_ni),
    .select_i                 (select_generator_0),
    .dac_valid_i              (tile_dac_valid),
    .dac_side_i               (tile_dac_side),
    .dac_word_i               (dac_word),
    .dac_mask_i               (dac_mask),
    .dac_next_i               (dac_next),
    .dac_data_i               (tile_dac_data),
    .apply_i                  (apply),
    .sample_i                 (sample),
    .phase_i                  (phase),
    .read_columns_i           (read_columns),
    .adc_start_i              (adc_start),
    .adc_group_i              (adc_group),
    .adc_gain_i               (tile_gain),
    .done_o                   (done_generator_0),
    .capture_i                (capture),
    .codes_saturated_o        (codes_saturated_generator_0),
    .codes_upper_o            (codes_upper_generator_0),
    .result_word_i            (result_word),
    .result_next_i            (result_next),
    .sums_o                   (sums_generator_0),
    .pulse_start_i            (tile_pulse_start),
    .pulse_rows_negative_i    (tile_pulse_rows_negative),
    .pulse_columns_negative_i (tile_pulse_columns_negative),
    .pulse_up_i               (tile_pulse_up),
    .pulse_strength_i         (pulse_strength),
    .sides_i                  (sides),
    .pulse_done_o             (pulse_done_generator_0),
    .prog_valid_i             (prog),
    .prog_write_i             (prog_write_i),
    .prog_tile_i              (prog_tile_i),
    .prog_row_i               (prog_row_i),
    .prog_group_i             (prog_group_i),
    .prog_data_i              (prog_data_i),
    .prog_data_o              (prog_data_generator_0),
    .programming_i            (programming),
    .program_tile_i           (program_tile),
    .program_word_i           (program_word),
    .program_slot_i           (program_slot),
    .program_mask_i           (program_mask),
    .program_group_i          (program_group),
    .program_adc_done_o       (program_adc_done_generator_0),
    .program_codes_o          (program_codes_generator_0),
    .program_pulse_done_o     (program_pulse_done_generator_0)
  );

  wire [39:0] wide_sums_generator_0;

  genvar lane;
  generate
    for (lane = 0; lane < 4; lane = lane + 1) begin : gen_generator_0
      assign wide_sums_generator_0[lane*10 +: 10] = sums_generator_0[lane*10 +: 10];
    end
  endgenerate

  wire        generator_0_done = select_generator_0 && done_generator_0;
  wire        select_generator_1 = op_layer == 2'd1 && !programming;
  wire        done_generator_1;
  wire        codes_saturated_generator_1;
  wire        codes_upper_generator_1;
  wire [31:0] sums_generator_1;
  wire        pulse_done_generator_1;
  wire [47:0] prog_data_generator_1;
  wire        program_adc_done_generator_1;
  wire [31:0] program_codes_generator_1;
  wire        program_pulse_done_generator_1;

  memgan_bank_generator_1 u_bank_generator_1 (
    .clk_i                    (clk_i),
    .rst_ni                   (rst_ni),
    .select_i                 (select_generator_1),
    .dac_valid_i              (tile_dac_valid),
    .dac_side_i               (tile_dac_side),
    .dac_word_i               (dac_word),
    .dac_mask_i               (dac_mask),
    .dac_next_i               (dac_next),
    .dac_data_i               (tile_dac_data),
    .apply_i                  (apply),
    .sample_i                 (sample),
    .phase_i                  (phase),
    .read_columns_i           (read_columns),
    .adc_start_i              (adc_start),
    .adc_group_i              (adc_group),
    .adc_gain_i               (tile_gain),
    .done_o                   (done_generator_1),
    .capture_i                (capture),
    .codes_saturated_o        (codes_saturated_generator_1),
    .codes_upper_o            (codes_upper_generator_1),
    .result_word_i            (result_word),
    .result_next_i            (result_next),
    .sums_o                   (sums_generator_1),
    .pulse_start_i            (tile_pulse_start),
    .pulse_rows_negative_i    (tile_pulse_rows_negative),
    .pulse_columns_negative_i (tile_pulse_columns_negative),
    .pulse_up_i               (tile_pulse_up),
    .pulse_strength_i         (pulse_strength),
    .sides_i                  (sides),
    .pulse_done_o             (pulse_done_generator_1),
    .prog_valid_i             (prog),
    .prog_write_i             (prog_write_i),
    .prog_tile_i              (prog_tile_i),
    .prog_row_i               (prog_row_i),
    .prog_group_i             (prog_group_i),
    .prog_data_i              (prog_data_i),
    .prog_data_o              (prog_data_generator_1),
    .programming_i            (programming),
    .program_tile_i           (program_tile),
    .program_word_i           (program_word),
    .program_slot_i           (program_slot),
    .program_mask_i           (program_mask),
    .program_group_i          (program_group),
    .program_adc_done_o       (program_adc_done_generator_1),
    .program_codes_o          (program_codes_generator_1),
    .program_pulse_done_o     (program_pulse_done_generator_1)
  );

  wire [39:0] wide_sums_generator_1;

  generate
    for (lane = 0; lane < 4; lane = lane + 1) begin : gen_generator_1
      assign wide_sums_generator_1[lane*10 +: 10] = {{2{sums_generator_1[lane*8 + 7]}},
                                                     sums_generator_1[lane*8 +: 8]};
    end
  endgenerate

  wire        generator_1_done = select_generator_1 && done_generator_1;
  wire        select_discriminator_0 = op_layer == 2'd2 && !programming;
  wire        done_discriminator_0;
  wire        codes_saturated_discriminator_0;
  wire        codes_upper_discriminator_0;
  wire [31:0] sums_discriminator_0;
  wire        pulse_done_discriminator_0;
  wire [47:0] prog_data_discriminator_0;
  wire        program_adc_done_discriminator_0;
  wire [31:0] program_codes_discriminator_0;
  wire        program_pulse_done_discriminator_0;

  memgan_bank_discriminator_0 u_bank_discriminator_0 (
    .clk_i                    (clk_i),
    .rst_ni                   (rst_ni),
    .select_i                 (select_discriminator_0),
    .dac_valid_i              (tile_dac_valid),
    .dac_side_i               (tile_dac_side),
    .dac_word_i               (dac_word),
    .dac_mask_i               (dac_mask),
    .dac_next_i               (dac_next),
    .dac_data_i               (tile_dac_data),
    .apply_i                  (apply),
    .sample_i                 (sample),
    .phase_i                  (phase),
    .read_columns_i           (read_columns),
    .adc_start_i              (adc_start),
    .adc_group_i              (adc_group),
    .adc_gain_i               (tile_gain),
    .done_o                   (done_discriminator_0),
    .capture_i                (capture),
    .codes_saturated_o        (codes_saturated_discriminator_0),
    .codes_upper_o            (codes_upper_discriminator_0),
    .result_word_i            (result_word),
    .result_next_i            (result_next),
    .sums_o                   (sums_discriminator_0),
    .pulse_start_i            (tile_pulse_start),
    .pulse_rows_negative_i    (tile_pulse_rows_negative),
    .pulse_columns_negative_i (tile_pulse_columns_negative),
    .pulse_up_i               (tile_pulse_up),
    .pulse_strength_i         (pulse_strength),
    .sides_i                  (sides),
    .pulse_done_o             (pulse_done_discriminator_0),
    .prog_valid_i             (prog),
    .prog_write_i             (prog_write_i),
    .prog_tile_i              (prog_tile_i),
    .prog_row_i               (prog_row_i),
    .prog_group_i             (prog_group_i),
    .prog_data_i              (prog_data_i),
    .prog_data_o              (prog_data_discriminator_0),
    .programming_i            (programming),
    .program_tile_i           (program_tile),
    .program_word_i           (program_word),
    .program_slot_i           (program_slot),
    .program_mask_i           (program_mask),
    .program_group_i          (program_group),
    .program_adc_done_o       (program_adc_done_discriminator_0),
    .program_codes_o          (program_codes_discriminator_0),
    .program_pulse_done_o     (program_pulse_done_discriminator_0)
  );

  wire [39:0] wide_sums_discriminator_0;

  generate
    for (lane = 0; lane < 4; lane = lane + 1) begin : gen_discriminator_0
      assign wide_sums_discriminator_0[lane*10 +: 10] = {{2{sums_discriminator_0[lane*8 + 7]}},
                                                         sums_discriminator_0[lane*8 +: 8]};
    end
  endgenerate

  wire        discriminator_0_done = select_discriminator_0 && done_discriminator_0;
  wire        select_discriminator_1 = op_layer == 2'd3 && !programming;
  wire        done_discriminator_1;
  wire        codes_saturated_discriminator_1;
  wire        codes_upper_discriminator_1;
  wire [39:0] sums_discriminator_1;
  wire        pulse_done_discriminator_1;
  wire [47:0] prog_data_discriminator_1;
  wire        program_adc_done_discriminator_1;
  wire [31:0] program_codes_discriminator_1;
  wire        program_pulse_done_discriminator_1;

  memgan_bank_discriminator_1 u_bank_discriminator_1 (
    .clk_i                    (clk_i),
    .rst_ni                   (rst_ni),
    .select_i                 (select_discriminator_1),
    .dac_valid_i              (tile_dac_valid),
    .dac_side_i               (tile_dac_side),
    .dac_word_i               (dac_word),
    .dac_mask_i               (dac_mask),
    .dac_next_i               (dac_next),
    .dac_data_i               (tile_dac_data),
    .apply_i                  (apply),
    .sample_i                 (sample),
    .phase_i                  (phase),
    .read_columns_i           (read_columns),
    .adc_start_i              (adc_start),
    .adc_group_i              (adc_group),
    .adc_gain_i               (tile_gain),
    .done_o                   (done_discriminator_1),
    .capture_i                (capture),
    .codes_saturated_o        (codes_saturated_discriminator_1),
    .codes_upper_o            (codes_upper_discriminator_1),
    .result_word_i            (result_word),
    .result_next_i            (result_next),
    .sums_o                   (sums_discriminator_1),
    .pulse_start_i            (tile_pulse_start),
    .pulse_rows_negative_i    (tile_pulse_rows_negative),
    .pulse_columns_negative_i (tile_pulse_columns_negative),
    .pulse_up_i               (tile_pulse_up),
    .pulse_strength_i         (pulse_strength),
    .sides_i                  (sides),
    .pulse_done_o             (pulse_done_discriminator_1),
    .prog_valid_i             (prog),
    .prog_write_i             (prog_write_i),
    .prog_tile_i              (prog_tile_i),
    .prog_row_i               (prog_row_i),
    .prog_group_i             (prog_group_i),
    .prog_data_i              (prog_data_i),
    .prog_data_o              (prog_data_discriminator_1),
    .programming_i            (programming),
    .program_tile_i           (program_tile),
    .program_word_i           (program_word),
    .program_slot_i           (program_slot),
    .program_mask_i           (program_mask),
    .program_group_i          (program_group),
    .program_adc_done_o       (program_adc_done_discriminator_1),
    .program_codes_o          (program_codes_discriminator_1),
    .program_pulse_done_o     (program_pulse_done_discriminator_1)
  );

  wire [39:0] wide_sums_discriminator_1;

  generate
    for (lane = 0; lane < 4; lane = lane + 1) begin : gen_discriminator_1
      assign wide_sums_discriminator_1[lane*10 +: 10] = sums_discriminator_1[lane*10 +: 10];
    end
  endgenerate

  wire discriminator_1_done = select_discriminator_1 && done_discriminator_1;

  assign done = generator_0_done ||
      generator_1_done ||
      discriminator_0_done ||
      discriminator_1_done;

  reg [39:0] sums;

  always @* begin
    case (op_layer)
      2'd0: sums = wide_sums_generator_0;
      2'd1: sums = wide_sums_generator_1;
      2'd2: sums = wide_sums_discriminator_0;
      2'd3: sums = wide_sums_discriminator_1;
    endcase
  end

  assign codes_saturated = (select_generator_0 && codes_saturated_generator_0) ||
      (select_generator_1 && codes_saturated_generator_1) ||
      (select_discriminator_0 && codes_saturated_discriminator_0) ||
      (select_discriminator_1 && codes_saturated_discriminator_1);
  assign codes_upper = (select_generator_0 && codes_upper_generator_0) ||
      (select_generator_1 && codes_upper_generator_1) ||
      (select_discriminator_0 && codes_upper_discriminator_0) ||
      (select_discriminator_1 && codes_upper_discriminator_1);
  assign pulse_done = (select_generator_0 && pulse_done_generator_0) ||
      (select_generator_1 && pulse_done_generator_1) ||
      (select_discriminator_0 && pulse_done_discriminator_0) ||
      (select_discriminator_1 && pulse_done_discriminator_1);
  assign prog_data_o = prog_data_generator_0 |
      prog_data_generator_1 |
      prog_data_discriminator_0 |
      prog_data_discriminator_1;
  assign program_adc_done = program_adc_done_generator_0 ||
      program_adc_done_generator_1 ||
      program_adc_done_discriminator_0 ||
      program_adc_done_discriminator_1;
  assign program_codes = program_codes_generator_0 |
      program_codes_generator_1 |
      program_codes_discriminator_0 |
      program_codes_discriminator_1;
  assign program_pulse_done = program_pulse_done_generator_0 ||
      program_pulse_done_generator_1 ||
      program_pulse_done_discriminator_0 ||
      program_pulse_done_discriminator_1;

  // ---- Drain ----

  wire        beat_valid;
  wire [4:0]  beat_word;
  wire [3:0]  beat_mask;
  wire [1:0]  beat_turn;
  wire [4:0]  beat_bias;
  wire        beat_done;
  wire [39:0] beat_sums;
  wire        results_sent;

  memgan_drain u_drain (
    .clk_i             (clk_i),
    .rst_ni            (rst_ni),
    .start_i           (start),
    .finish_i          (op_finish),
    .groups_last_i     (op_groups_last),
    .group_columns_i   (op_group_columns),
    .bias_last_i       (op_bias_last),
    .segment_valid_i   (drain_segment_valid),
    .segment_ready_o   (drain_segment_ready),
    .segment_address_i (drain_segment_address),
    .segment_index_i   (drain_segment_index),
    .segment_len_i     (drain_segment_len),
    .segment_last_i    (drain_segment_last),
    .segment_final_i   (drain_segment_final),
    .captured_i        (captured),
    .release_o         (release_group),
    .result_word_o     (result_word),
    .result_next_o     (result_next),
    .sums_i            (sums),
    .beat_valid_o      (beat_valid),
    .beat_word_o       (beat_word),
    .beat_mask_o       (beat_mask),
    .beat_turn_o       (beat_turn),
    .beat_bias_o       (beat_bias),
    .beat_done_o       (beat_done),
    .beat_sums_o       (beat_sums),
    .all_sent_o        (results_sent)
  );

  wire        idle;
  wire        read_done = results_sent && idle;
  wire        accumulate_bias_read;
  wire [4:0]  accumulate_bias_address;
  wire        sum_read_valid;
  wire [3:0]  sum_read_address;
  wire [39:0] sum_read_data;
  wire        sum_write_valid;
  wire [3:0]  sum_write_address;
  wire [39:0] sum_write_data;
  wire        accumulators_clearing;
  wire [31:0] random_bytes;
  wire        drain_step;
  wire        drain_write;
  wire [5:0]  drain_address;
  wire [3:0]  drain_mask;
  wire [31:0] drain_data;
  wire        derivative_read;
  wire [5:0]  derivative_address;

  memgan_accumulate u_accumulate (
    .clk_i                     (clk_i),
    .rst_ni                    (rst_ni),
    .scatter_i                 (op_scatter_window),
    .finish_i                  (op_finish),
    .target_word_i             (op_target_word),
    .bias_word_i               (op_bias_word),
    .shift_i                   (requantise_shift),
    .activation_i              (op_activation),
    .slope_i                   (op_slope),
    .dropout_i                 (op_dropout),
    .beat_valid_i              (beat_valid),
    .beat_word_i               (beat_word),
    .beat_mask_i               (beat_mask),
    .beat_turn_i               (beat_turn),
    .beat_bias_i               (beat_bias),
    .beat_done_i               (beat_done),
    .beat_sums_i               (beat_sums),
    .idle_o                    (idle),
    .bias_read_valid_o         (accumulate_bias_read),
    .bias_read_address_o       (accumulate_bias_address),
    .bias_read_data_i          (bias_read_data),
    .sum_read_valid_o          (sum_read_valid),
    .sum_read_address_o        (sum_read_address),
    .sum_read_data_i           (sum_read_data),
    .sum_write_valid_o         (sum_write_valid),
    .sum_write_address_o       (sum_write_address),
    .sum_write_data_o          (sum_write_data),
    .clearing_o                (accumulators_clearing),
    .random_i                  (random_bytes),
    .random_step_o             (drain_step),
    .write_valid_o             (drain_write),
    .write_address_o           (drain_address),
    .write_mask_o              (drain_mask),
    .write_data_o              (drain_data),
    .backward_i                (op_backward),
    .activation_read_valid_o   (derivative_read),
    .activation_read_address_o (derivative_address),
    .activation_read_data_i    (activation_read_data),
    .errors_valid_o            (errors_valid),
    .errors_count_o            (errors_count),
    .errors_saturated_o        (errors_saturated),
    .errors_upper_o            (errors_upper)
  );

  wire        random_step = host_step || drain_step || fire_step;
  wire [14:0] random_chance;

  memgan_random u_random (
    .clk_i         (clk_i),
    .rst_ni        (rst_ni),
    .seed_valid_i  (seed_valid),
    .seed_i        (seed),
    .step_i        (random_step),
    .latents_o     (latents),
    .bytes_o       (random_bytes),
    .firing_o      (random_firing),
    .minus_first_o (minus_first),
    .chance_o      (random_chance)
  );

  // ---- Errors of the output, sums for the biases ----

  wire        loss_start = start && op_loss;
  wire        bias_sum_start = start && op_bias_sum;
  wire [5:0]  loss_words_last = {1'b0, op_positions_last};
  wire        loss_done;
  wire        loss_read;
  wire [5:0]  loss_read_address;
  wire        loss_write;
  wire [5:0]  loss_write_address;
  wire [3:0]  loss_write_mask;
  wire [31:0] loss_write_data;

  memgan_loss u_loss (
    .clk_i                 (clk_i),
    .rst_ni                (rst_ni),
    .start_i               (loss_start),
    .source_word_i         (op_source_word),
    .words_last_i          (loss_words_last),
    .tail_i                (op_tail),
    .target_i              (op_loss_target),
    .done_o                (loss_done),
    .read_valid_o          (loss_read),
    .read_address_o        (loss_read_address),
    .read_data_i           (activation_read_data),
    .error_write_valid_o   (loss_write),
    .error_write_address_o (loss_write_address),
    .error_write_mask_o    (loss_write_mask),
    .error_write_data_o    (loss_write_data),
    .clear_i               (step_start),
    .phase_i               (training_phase),
    .loss_real_o           (loss_real),
    .loss_fake_o           (loss_fake),
    .loss_generate_o       (loss_generate)
  );

  wire        unused_loss = &{1'b0, op_loss_class};
  wire        bias_sum_done;
  wire        bias_sum_error_read;
  wire [5:0]  bias_sum_error_address;
  wire        bias_sum_read;
  wire [4:0]  bias_sum_read_address;
  wire [71:0] bias_sums_read_data;
  wire        bias_sum_write;
  wire [4:0]  bias_sum_write_address;
  wire [71:0] bias_sum_write_data;
  wire        bias_sum_clearing;

  memgan_bias_sum u_bias_sum (
    .clk_i                (clk_i),
    .rst_ni               (rst_ni),
    .start_i              (bias_sum_start),
    .source_word_i        (op_source_word),
    .words_last_i         (op_positions_last),
    .tail_i               (op_tail),
    .bias_word_i          (op_bias_word),
    .bias_last_i          (op_bias_last),
    .done_o               (bias_sum_done),
    .error_read_valid_o   (bias_sum_error_read),
    .error_read_address_o (bias_sum_error_address),
    .error_read_data_i    (error_read_data),
    .sum_read_valid_o     (bias_sum_read),
    .sum_read_address_o   (bias_sum_read_address),
    .sum_read_data_i      (bias_sums_read_data),
    .sum_write_valid_o    (bias_sum_write),
    .sum_write_address_o  (bias_sum_write_address),
    .sum_write_data_o     (bias_sum_write_data),
    .clearing_o           (bias_sum_clearing)
  );

  // ---- Adaptation of biases, gains, shifts and rates ----

  wire        adapt_start = start && op_adapt;
  wire        adapt_done;
  wire        adapt_bias_read;
  wire [4:0]  adapt_bias_address;
  wire        adapt_bias_write;
  wire [4:0]  adapt_bias_write_address;
  wire [63:0] adapt_bias_write_data;
  wire        adapt_sum_read;
  wire [4:0]  adapt_sum_read_address;
  wire        adapt_sum_write;
  wire [4:0]  adapt_sum_write_address;
  wire [71:0] adapt_sum_write_data;

  memgan_adapt u_adapt (
    .clk_i                (clk_i),
    .rst_ni               (rst_ni),
    .start_i              (adapt_start),
    .trained_i            (op_trained),
    .biases_last_i        (op_biases_last),
    .pattern_words_last_i (op_bias_last),
    .bias_word_i          (op_bias_word),
    .done_o               (adapt_done),
    .gain_i               (gain),
    .shift_i              (shift),
    .back_gain_i          (back_gain),
    .back_shift_i         (back_shift),
    .rate_i               (rate),
    .fineness_i           (fineness),
    .target_i             (target),
    .forward_i            (forward_range),
    .backward_i           (backward_range),
    .errors_i             (errors_range),
    .pulses_i             (pulses_counted),
    .adapt_valid_o        (adapt_valid),
    .adapt_gain_o         (adapt_gain),
    .adapt_shift_o        (adapt_shift),
    .adapt_back_gain_o    (adapt_back_gain),
    .adapt_back_shift_o   (adapt_back_shift),
    .adapt_rate_o         (adapt_rate),
    .random_i             (random_chance),
    .bias_read_valid_o    (adapt_bias_read),
    .bias_read_address_o  (adapt_bias_address),
    .bias_read_data_i     (bias_read_data),
    .bias_write_valid_o   (adapt_bias_write),
    .bias_write_address_o (adapt_bias_write_address),
    .bias_write_data_o    (adapt_bias_write_data),
    .sum_read_valid_o     (adapt_sum_read),
    .sum_read_address_o   (adapt_sum_read_address),
    .sum_read_data_i      (bias_sums_read_data),
    .sum_write_valid_o    (adapt_sum_write),
    .sum_write_address_o  (adapt_sum_write_address),
    .sum_write_data_o     (adapt_sum_write_data)
  );

  assign op_done = op_update ? pulses_sent
      : op_adapt ? adapt_done
      : op_bias_sum ? bias_sum_done
      : op_loss ? loss_done
      : read_done;

  // ---- Memories ----

  wire       activation_read = (gather_read && !gather_side) ||
      host_read ||
      loss_read ||
      derivative_read;
  wire [5:0] activation_read_address = host_read ? host_address
      : loss_read ? loss_read_address
      : derivative_read ? derivative_address
      : gather_address;
  wire       error_read = (gather_read && gather_side) || bias_sum_error_read;
  wire [5:0] error_read_address = bias_sum_error_read ? bias_sum_error_address : gather_address;
  wire       activation_write_valid = host_write || (drain_write && !op_backward);
  wire       error_write_valid = loss_write || (drain_write && op_backward);
  wire [5:0] activation_write_address = host_write ? host_address : drain_address;
  wire [5:0] error_write_address = loss_write ? loss_write_address : drain_address;

  assign tap_addr_o = {error_write_valid,
                       error_write_valid ? error_write_address : activation_write_address};

  wire [3:0] activation_write_mask = host_write ? 4'd15 : drain_mask;
  wire [3:0] error_write_mask = loss_write ? loss_write_mask : drain_mask;

  assign tap_mask_o = error_write_valid ? error_write_mask : activation_write_mask;

  wire [31:0] activation_write_data = host_write ? host_data : drain_data;
  wire [31:0] error_write_data = loss_write ? loss_write_data : drain_data;

  assign tap_data_o = error_write_valid ? error_write_data : activation_write_data;
  assign tap_valid_o = activation_write_valid || error_write_valid;

  wire        bias_read = cfg_reads_bias || adapt_bias_read || accumulate_bias_read;
  wire [4:0]  bias_address = cfg_reads_bias ? cfg_bias_address
      : adapt_bias_read ? adapt_bias_address
      : accumulate_bias_address;
  wire        bias_write = cfg_bias || adapt_bias_write;
  wire [4:0]  bias_write_address = adapt_bias_write ? adapt_bias_write_address : cfg_bias_address;
  wire [63:0] bias_write_data = adapt_bias_write ? adapt_bias_write_data : cfg_data_i;

  memgan_activation_sram u_activations (
    .clk_i           (clk_i),
    .read_valid_i    (activation_read),
    .read_address_i  (activation_read_address),
    .read_data_o     (activation_read_data),
    .write_valid_i   (activation_write_valid),
    .write_address_i (activation_write_address),
    .write_mask_i    (activation_write_mask),
    .write_data_i    (activation_write_data)
  );

  memgan_bias_sram u_biases (
    .clk_i           (clk_i),
    .read_valid_i    (bias_read),
    .read_address_i  (bias_address),
    .read_data_o     (bias_read_data),
    .write_valid_i   (bias_write),
    .write_address_i (bias_write_address),
    .write_data_i    (bias_write_data)
  );

  memgan_accumulator_sram u_accumulators (
    .clk_i           (clk_i),
    .read_valid_i    (sum_read_valid),
    .read_address_i  (sum_read_address),
    .read_data_o     (sum_read_data),
    .write_valid_i   (sum_write_valid),
    .write_address_i (sum_write_address),
    .write_data_i    (sum_write_data)
  );

  memgan_error_sram u_errors (
    .clk_i           (clk_i),
    .read_valid_i    (error_read),
    .read_address_i  (error_read_address),
    .read_data_o     (error_read_data),
    .write_valid_i   (error_write_valid),
    .write_address_i (error_write_address),
    .write_mask_i    (error_write_mask),
    .write_data_i    (error_write_data)
  );

  wire        bias_sums_read = adapt_sum_read || bias_sum_read;
  wire [4:0]  bias_sums_read_address = adapt_sum_read ? adapt_sum_read_address
      : bias_sum_read_address;
  wire        bias_sums_write = adapt_sum_write || bias_sum_write;
  wire [4:0]  bias_sums_write_address = adapt_sum_write ? adapt_sum_write_address
      : bias_sum_write_address;
  wire [71:0] bias_sums_write_data = adapt_sum_write ? adapt_sum_write_data : bias_sum_write_data;

  memgan_bias_sum_sram u_bias_sums (
    .clk_i           (clk_i),
    .read_valid_i    (bias_sums_read),
    .read_address_i  (bias_sums_read_address),
    .read_data_o     (bias_sums_read_data),
    .write_valid_i   (bias_sums_write),
    .write_address_i (bias_sums_write_address),
    .write_data_i    (bias_sums_write_data)
  );

  assign clearing = accumulators_clearing || bias_sum_clearing || programming;

endmodule

`default_nettype wire
