// SPDX-License-Identifier: MIT OR Apache-2.0
// memgan 0.1.0, configuration 6ce034800c74ca3b
// Source: src/rtl/top/mod.rs
//
// memgan design tiny: 10 tiles in 4 layers.
//
// Program the cells, then biases and layer parameters; then commands: seed, load or latent, run,
// read.

`default_nettype none

module memgan_top (
  // Clock and reset
  input  wire        clk_i,
  input  wire        rst_ni,          // asynchronous, active low
  // Commands
  input  wire        cmd_valid_i,
  output wire        cmd_ready_o,
  input  wire [2:0]  cmd_op_i,        // 0 seed, 1 load, 2 latent, 3 run, 4 read
  input  wire [31:0] cmd_arg_i,       // seed, or network in bit 0
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
  input  wire [3:0]  prog_tile_i,
  input  wire [3:0]  prog_row_i,      // word line
  input  wire [1:0]  prog_group_i,    // conversion group
  input  wire [47:0] prog_data_i,     // levels a cell, ADC 0 in the low bits
  // Configuration: only while not busy
  input  wire        cfg_valid_i,
  output wire        cfg_ready_o,
  input  wire        cfg_space_i,     // 0 bias word, 1 layer parameters {shift, gain}
  input  wire [4:0]  cfg_addr_i,      // bias word, or layer
  input  wire [63:0] cfg_data_i,      // signed 16 bit a lane
  // Status
  output wire        busy_o,
  output wire [2:0]  op_o,            // running operation
  output wire        array_active_o,  // a tile settles, samples or converts
  // Tap: every write to the activation memory
  output wire        tap_valid_o,
  output wire [5:0]  tap_addr_o,      // word
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
  wire [1:0]  op_groups_last;
  wire [6:0]  op_group_columns;
  wire [4:0]  op_bias_word;
  wire [4:0]  op_bias_last;
  wire [2:0]  op_activation;
  wire [2:0]  op_slope;
  wire [7:0]  op_dropout;
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
    .cmd_valid_i   (cmd_valid_i),
    .cmd_ready_o   (cmd_ready_o),
    .cmd_op_i      (cmd_op_i),
    .cmd_arg_i     (cmd_arg_i),
    .in_valid_i    (in_valid_i),
    .in_ready_o    (in_ready_o),
    .in_data_i     (in_data_i),
    .out_valid_o   (out_valid_o),
    .out_ready_i   (out_ready_i),
    .out_data_o    (out_data_o),
    .out_last_o    (out_last_o),
    .busy_o        (busy_o),
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
    .dropout_o          (op_dropout)
  );

  wire cfg_bias = cfg_valid_i && cfg_ready_o && !cfg_space_i && cfg_addr_i < 5'd19;

  assign prog_ready_o = !busy_o;
  assign cfg_ready_o = !busy_o;

  wire [4:0] cfg_bias_address = cfg_addr_i;
  wire       cfg_parameters = cfg_valid_i && cfg_ready_o && cfg_space_i;
  wire [7:0] cfg_parameter = cfg_data_i[7:0];
  wire [3:0] gain;
  wire [3:0] shift;

  memgan_layer_parameters u_parameters (
    .clk_i         (clk_i),
    .rst_ni        (rst_ni),
    .write_valid_i (cfg_parameters),
    .write_layer_i (cfg_addr_i),
    .write_data_i  (cfg_parameter),
    .layer_i       (op_layer),
    .gain_o        (gain),
    .shift_o       (shift)
  );

  // ---- Address generators: one window, one run for each side ----

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
  wire       window_start = start && (op_gather_window || op_scatter_window);

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

  wire gather_run_start = start && !op_gather_window && !op_finish;
  wire drain_run_start = start && !op_scatter_window;

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
  assign gather_segment_valid = op_gather_window ? window_valid : gather_run_valid;
  assign drain_segment_valid = op_scatter_window ? window_valid : drain_run_valid;
  assign gather_segment_address = op_gather_window ? window_address : gather_run_address;
  assign drain_segment_address = op_scatter_window ? window_address : drain_run_address;
  assign gather_segment_index = op_gather_window ? window_index : gather_run_index;
  assign drain_segment_index = op_scatter_window ? window_index : drain_run_index;
  assign gather_segment_len = op_gather_window ? window_len : gather_run_len;
  assign drain_segment_len = op_scatter_window ? window_len : drain_run_len;
  assign gather_segment_last = op_gather_window ? window_last : gather_run_last;
  assign drain_segment_last = op_scatter_window ? window_last : drain_run_last;
  assign gather_segment_final = op_gather_window ? window_final : gather_run_final;
  assign drain_segment_final = op_scatter_window ? window_final : drain_run_final;
  assign gather_run_ready = gather_segment_ready && !op_gather_window;
  assign drain_run_ready = drain_segment_ready && !op_scatter_window;
  assign window_ready = (op_gather_window && gather_segment_ready) ||
      (op_scatter_window && drain_segment_ready);

  wire unused_final = &{1'b0, gather_segment_final};

  // ---- Gather ----

  wire        gather_read;
  wire [5:0]  gather_address;
  wire        dac_valid;
  wire [4:0]  dac_word;
  wire [3:0]  dac_mask;
  wire [3:0]  dac_next;
  wire [31:0] dac_data;
  wire        apply;
  wire        vector_ready;

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
    .dac_valid_o       (dac_valid),
    .dac_word_o        (dac_word),
    .dac_mask_o        (dac_mask),
    .dac_next_o        (dac_next),
    .dac_data_o        (dac_data),
    .apply_i           (apply),
    .vector_ready_o    (vector_ready)
  );

  // ---- Array ----

  wire       sample;
  wire       phase;
  wire       adc_start;
  wire [1:0] adc_group;
  wire       done;
  wire       capture;
  wire       captured;
  wire       release_group;

  memgan_array_control u_array_control (
    .clk_i          (clk_i),
    .rst_ni         (rst_ni),
    .groups_last_i  (op_groups_last),
    .vector_ready_i (vector_ready),
    .apply_o        (apply),
    .sample_o       (sample),
    .phase_o        (phase),
    .adc_start_o    (adc_start),
    .adc_group_o    (adc_group),
    .done_i         (done),
    .capture_o      (capture),
    .captured_o     (captured),
    .release_i      (release_group),
    .active_o       (array_active_o)
  );

  wire [1:0]  result_word;
  wire [3:0]  result_next;
  wire        prog = prog_valid_i && prog_ready_o;
  wire        select_generator_0 = op_layer == 2'd0;
  wire        done_generator_0;
  wire [31:0] sums_generator_0;

  memgan_bank_generator_0 u_bank_generator_0 (
    .clk_i         (clk_i),
    .rst_ni        (rst_ni),
    .select_i      (select_generator_0),
    .dac_valid_i   (dac_valid),
    .dac_word_i    (dac_word),
    .dac_mask_i    (dac_mask),
    .dac_next_i    (dac_next),
    .dac_data_i    (dac_data),
    .apply_i       (apply),
    .sample_i      (sample),
    .phase_i       (phase),
    .adc_start_i   (adc_start),
    .adc_group_i   (adc_group),
    .adc_gain_i    (gain),
    .done_o        (done_generator_0),
    .capture_i     (capture),
    .result_word_i (result_word),
    .result_next_i (result_next),
    .sums_o        (sums_generator_0),
    .prog_valid_i  (prog),
    .prog_tile_i   (prog_tile_i),
    .prog_row_i    (prog_row_i),
    .prog_group_i  (prog_group_i),
    .prog_data_i   (prog_data_i)
  );

  wire [39:0] wide_sums_generator_0;

  genvar lane;
  generate
    for (lane = 0; lane < 4; lane = lane + 1) begin : gen_generator_0
      assign wide_sums_generator_0[lane*10 +: 10] = {{2{sums_generator_0[lane*8 + 7]}},
                                                     sums_generator_0[lane*8 +: 8]};
    end
  endgenerate

  wire        generator_0_done = select_generator_0 && done_generator_0;
  wire        select_generator_1 = op_layer == 2'd1;
  wire        done_generator_1;
  wire [31:0] sums_generator_1;

  memgan_bank_generator_1 u_bank_generator_1 (
    .clk_i         (clk_i),
    .rst_ni        (rst_ni),
    .select_i      (select_generator_1),
    .dac_valid_i   (dac_valid),
    .dac_word_i    (dac_word),
    .dac_mask_i    (dac_mask),
    .dac_next_i    (dac_next),
    .dac_data_i    (dac_data),
    .apply_i       (apply),
    .sample_i      (sample),
    .phase_i       (phase),
    .adc_start_i   (adc_start),
    .adc_group_i   (adc_group),
    .adc_gain_i    (gain),
    .done_o        (done_generator_1),
    .capture_i     (capture),
    .result_word_i (result_word),
    .result_next_i (result_next),
    .sums_o        (sums_generator_1),
    .prog_valid_i  (prog),
    .prog_tile_i   (prog_tile_i),
    .prog_row_i    (prog_row_i),
    .prog_group_i  (prog_group_i),
    .prog_data_i   (prog_data_i)
  );

  wire [39:0] wide_sums_generator_1;

  generate
    for (lane = 0; lane < 4; lane = lane + 1) begin : gen_generator_1
      assign wide_sums_generator_1[lane*10 +: 10] = {{2{sums_generator_1[lane*8 + 7]}},
                                                     sums_generator_1[lane*8 +: 8]};
    end
  endgenerate

  wire        generator_1_done = select_generator_1 && done_generator_1;
  wire        select_discriminator_0 = op_layer == 2'd2;
  wire        done_discriminator_0;
  wire [31:0] sums_discriminator_0;

  memgan_bank_discriminator_0 u_bank_discriminator_0 (
    .clk_i         (clk_i),
    .rst_ni        (rst_ni),
    .select_i      (select_discriminator_0),
    .dac_valid_i   (dac_valid),
    .dac_word_i    (dac_word),
    .dac_mask_i    (dac_mask),
    .dac_next_i    (dac_next),
    .dac_data_i    (dac_data),
    .apply_i       (apply),
    .sample_i      (sample),
    .phase_i       (phase),
    .adc_start_i   (adc_start),
    .adc_group_i   (adc_group),
    .adc_gain_i    (gain),
    .done_o        (done_discriminator_0),
    .capture_i     (capture),
    .result_word_i (result_word),
    .result_next_i (result_next),
    .sums_o        (sums_discriminator_0),
    .prog_valid_i  (prog),
    .prog_tile_i   (prog_tile_i),
    .prog_row_i    (prog_row_i),
    .prog_group_i  (prog_group_i),
    .prog_data_i   (prog_data_i)
  );

  wire [39:0] wide_sums_discriminator_0;

  generate
    for (lane = 0; lane < 4; lane = lane + 1) begin : gen_discriminator_0
      assign wide_sums_discriminator_0[lane*10 +: 10] = {{2{sums_discriminator_0[lane*8 + 7]}},
                                                         sums_discriminator_0[lane*8 +: 8]};
    end
  endgenerate

  wire        discriminator_0_done = select_discriminator_0 && done_discriminator_0;
  wire        select_discriminator_1 = op_layer == 2'd3;
  wire        done_discriminator_1;
  wire [39:0] sums_discriminator_1;

  memgan_bank_discriminator_1 u_bank_discriminator_1 (
    .clk_i         (clk_i),
    .rst_ni        (rst_ni),
    .select_i      (select_discriminator_1),
    .dac_valid_i   (dac_valid),
    .dac_word_i    (dac_word),
    .dac_mask_i    (dac_mask),
    .dac_next_i    (dac_next),
    .dac_data_i    (dac_data),
    .apply_i       (apply),
    .sample_i      (sample),
    .phase_i       (phase),
    .adc_start_i   (adc_start),
    .adc_group_i   (adc_group),
    .adc_gain_i    (gain),
    .done_o        (done_discriminator_1),
    .capture_i     (capture),
    .result_word_i (result_word),
    .result_next_i (result_next),
    .sums_o        (sums_discriminator_1),
    .prog_valid_i  (prog),
    .prog_tile_i   (prog_tile_i),
    .prog_row_i    (prog_row_i),
    .prog_group_i  (prog_group_i),
    .prog_data_i   (prog_data_i)
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

  wire idle;

  assign op_done = results_sent && idle;

  wire        bias_read;
  wire [4:0]  bias_address;
  wire [63:0] bias_read_data;
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

  memgan_accumulate u_accumulate (
    .clk_i               (clk_i),
    .rst_ni              (rst_ni),
    .scatter_i           (op_scatter_window),
    .finish_i            (op_finish),
    .target_word_i       (op_target_word),
    .bias_word_i         (op_bias_word),
    .shift_i             (shift),
    .activation_i        (op_activation),
    .slope_i             (op_slope),
    .dropout_i           (op_dropout),
    .beat_valid_i        (beat_valid),
    .beat_word_i         (beat_word),
    .beat_mask_i         (beat_mask),
    .beat_turn_i         (beat_turn),
    .beat_bias_i         (beat_bias),
    .beat_done_i         (beat_done),
    .beat_sums_i         (beat_sums),
    .idle_o              (idle),
    .bias_read_valid_o   (bias_read),
    .bias_read_address_o (bias_address),
    .bias_read_data_i    (bias_read_data),
    .sum_read_valid_o    (sum_read_valid),
    .sum_read_address_o  (sum_read_address),
    .sum_read_data_i     (sum_read_data),
    .sum_write_valid_o   (sum_write_valid),
    .sum_write_address_o (sum_write_address),
    .sum_write_data_o    (sum_write_data),
    .clearing_o          (accumulators_clearing),
    .random_i            (random_bytes),
    .random_step_o       (drain_step),
    .write_valid_o       (drain_write),
    .write_address_o     (drain_address),
    .write_mask_o        (drain_mask),
    .write_data_o        (drain_data)
  );

  wire random_step = host_step || drain_step;

  memgan_random u_random (
    .clk_i        (clk_i),
    .rst_ni       (rst_ni),
    .seed_valid_i (seed_valid),
    .seed_i       (seed),
    .step_i       (random_step),
    .latents_o    (latents),
    .bytes_o      (random_bytes)
  );

  // ---- Memories ----

  wire       activation_read = gather_read || host_read;
  wire [5:0] activation_read_address = host_read ? host_address : gather_address;

  assign tap_valid_o = drain_write || host_write;
  assign tap_addr_o = host_write ? host_address : drain_address;
  assign tap_mask_o = host_write ? 4'd15 : drain_mask;
  assign tap_data_o = host_write ? host_data : drain_data;

  wire        bias_write = cfg_bias;
  wire [4:0]  bias_write_address = cfg_bias_address;
  wire [63:0] bias_write_data = cfg_data_i;

  memgan_activation_sram u_activations (
    .clk_i           (clk_i),
    .read_valid_i    (activation_read),
    .read_address_i  (activation_read_address),
    .read_data_o     (activation_read_data),
    .write_valid_i   (tap_valid_o),
    .write_address_i (tap_addr_o),
    .write_mask_i    (tap_mask_o),
    .write_data_i    (tap_data_o)
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

  assign clearing = accumulators_clearing;

endmodule

`default_nettype wire
