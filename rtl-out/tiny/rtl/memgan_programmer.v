// SPDX-License-Identifier: MIT OR Apache-2.0
// memgan 0.1.0, configuration 27fc81e8c50ef658
// Source: src/rtl/programmer.rs
//
// Programs the devices of a word one after the other, ADC 0 first and plus before minus: reads a
// device alone, compares the code with that of its target, and pulses it until it is within the
// tolerance or has had its pulses. In a refresh the target is the level nearest to the first read.
//
// start_i only while busy_o is low. Registers are stable while it is high. The tile's lines,
// converters and pulses belong to the programmer then.
//
// Latency: a verify read takes 3 cycles, settle and sample cycles a phase, and a conversion; a
// pulse takes 3 cycles and the pulse.

`default_nettype none

module memgan_programmer (
  // Clock and reset
  input  wire        clk_i,
  input  wire        rst_ni,               // asynchronous, active low
  // Word
  input  wire        start_i,              // one cycle, with the word
  input  wire [3:0]  prog_tile_i,
  input  wire [3:0]  prog_row_i,           // word line
  input  wire [2:0]  prog_group_i,         // conversion group
  input  wire [47:0] prog_data_i,          // codes a cell, ADC 0 in the low bits
  output wire        busy_o,               // high while a word is programmed
  output reg  [3:0]  prog_failed_o,        // by ADC: cells of the last word that failed
  // Registers
  input  wire [6:0]  read_input_i,         // code of the word line in a verify read
  input  wire [3:0]  read_gain_i,          // of a verify read
  input  wire [7:0]  tolerance_i,          // error that is left alone, in ADC codes
  input  wire [7:0]  max_pulses_i,         // pulses of a device
  input  wire [1:0]  mode_i,               // 0 fixed, 1 incremental, else adaptive
  input  wire        refresh_i,            // 1: the nearest level is the target, not the word
  input  wire [31:0] set_i,                // {slope, max, step, start}
  input  wire [31:0] reset_i,              // {slope, max, step, start}
  // Tile
  output reg  [3:0]  tile_o,
  output wire        dac_valid_o,
  output wire        dac_side_o,           // 1: bit line
  output wire [1:0]  word_o,               // of the word line
  output wire [1:0]  slot_o,               // of the bit line
  output wire [3:0]  mask_o,               // the line's lane
  output wire [7:0]  dac_code_o,
  output wire        apply_o,
  output wire        sample_o,
  output wire        phase_o,              // 1: negative inputs
  output wire        adc_start_o,
  output reg  [2:0]  group_o,
  input  wire        adc_done_i,
  input  wire [31:0] adc_codes_i,          // signed, ADC 0 in the low bits
  output wire        pulse_start_o,
  output wire        pulse_up_o,
  output wire [7:0]  pulse_strength_o,     // nominal while busy_o is low
  input  wire        pulse_done_i,
  output wire [1:0]  sides_o,              // the device; both while busy_o is low
  // Status
  output wire        active_o,             // the tile settles, samples, converts or is pulsed
  output wire        word_valid_o,
  output wire        device_valid_o,
  output wire        set_pulse_valid_o,
  output wire        reset_pulse_valid_o,
  output wire        read_valid_o,
  output wire        failure_valid_o
);

  // ---- Control ----

  wire reached;
  wire exhausted;
  wire last_device;
  wire seeks;
  wire last_bit;
  wire seek;
  wire below;
  wire above;
  wire row_beat;
  wire read_row;
  wire column_beat;
  wire load_settle;
  wire load_sample;
  wire next_phase;
  wire capture;
  wire next_pulse;
  wire device_end;

  localparam [1:0] SETTLE_LAST = 2'd3;  // settle cycles - 1
  localparam [1:0] SAMPLE_LAST = 2'd0;  // sample cycles - 1

  reg  [1:0] timer_q;
  wire       timer_end = !(|timer_q);

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      timer_q <= 2'd0;
    end else if (load_settle) begin
      timer_q <= SETTLE_LAST;
    end else if (load_sample) begin
      timer_q <= SAMPLE_LAST;
    end else if (!timer_end) begin
      timer_q <= timer_q - 2'd1;
    end
  end

  assign phase_o = 1'b0;

  wire unused_next_phase = &{1'b0, next_phase};

  memgan_programmer_fsm u_fsm (
    .clk_i         (clk_i),
    .rst_ni        (rst_ni),
    .start_i       (start_i),
    .timer_end_i   (timer_end),
    .last_phase_i  (1'b1),
    .adc_done_i    (adc_done_i),
    .pulse_done_i  (pulse_done_i),
    .seek_i        (seeks),
    .last_bit_i    (last_bit),
    .reached_i     (reached),
    .exhausted_i   (exhausted),
    .last_device_i (last_device),
    .row_o         (row_beat),
    .read_row_o    (read_row),
    .column_o      (column_beat),
    .apply_o       (apply_o),
    .load_settle_o (load_settle),
    .load_sample_o (load_sample),
    .sample_o      (sample_o),
    .next_phase_o  (next_phase),
    .adc_start_o   (adc_start_o),
    .capture_o     (capture),
    .seek_o        (seek),
    .below_o       (below),
    .above_o       (above),
    .next_pulse_o  (next_pulse),
    .pulse_start_o (pulse_start_o),
    .device_end_o  (device_end),
    .active_o      (active_o),
    .busy_o        (busy_o)
  );

  // ---- Devices of the word: the code of the present one in the low bits ----

  reg [3:0]  row_q;
  reg [47:0] data_q;
  reg [1:0]  adc_q;
  reg        minus_q;

  assign last_device = minus_q && adc_q == 2'd3;

  wire [3:0] here = 4'd1 << adc_q;

  // ---- Error of the last read ----

  wire [6:0]  seen = {1'b0, data_q[5:0]};
  wire [16:0] product = $signed({{10{seen[6]}}, seen}) * $signed({{9{1'b0}}, 1'b0, read_input_i});
  wire [3:0]  shift = read_gain_i + 4'd0;
  wire [16:0] half = (17'd1 << shift) >> 1;
  wire [16:0] rounded = product + half;
  wire [16:0] shifted = $signed(rounded) >>> shift;
  wire        unused_shifted = &{1'b0, shifted[16]};
  wire [15:0] target = shifted[15:0];
  reg  [16:0] error_q;
  wire [16:0] magnitude = error_q[16] ? 17'd0 - error_q : error_q;
  reg  [7:0]  code;

  always @* begin
    case (adc_q)
      2'd0: code = adc_codes_i[7:0];
      2'd1: code = adc_codes_i[15:8];
      2'd2: code = adc_codes_i[23:16];
      2'd3: code = adc_codes_i[31:24];
    endcase
  end

  wire [16:0] code_read = {{9{code[7]}}, code};
  wire        level_compares;
  wire [16:0] from_first;
  wire [16:0] read_code = minus_q ? 17'd0 - code_read : code_read;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      error_q <= 17'd0;
    end else if (capture) begin
      error_q <= {target[15], target} - read_code;
    end else if (level_compares) begin
      error_q <= from_first;
    end
  end

  assign reached = magnitude <= {9'd0, tolerance_i};

  wire seek_begin = capture && seeks;

  // ---- Refresh: the level nearest to the first read of the device ----

  reg  [16:0] first_read_q;
  reg  [5:0]  level_bit_q;
  reg         stepped_q;
  wire [5:0]  level = data_q[5:0];

  assign from_first = {target[15], target} - first_read_q;

  wire level_fits = from_first[16] || !(|from_first);

  assign last_bit = level_bit_q[0];

  wire at_top = level == 6'd63;
  wire nearer = $signed(from_first) < $signed(magnitude);

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      first_read_q <= 17'd0;
      level_bit_q <= 6'd0;
      stepped_q <= 1'b0;
    end else begin
      if (seek_begin) begin
        first_read_q <= read_code;
        level_bit_q <= 6'd32;
      end else if (seek) begin
        level_bit_q <= level_bit_q >> 1;
      end
      if (below) begin
        stepped_q <= !at_top;
      end
    end
  end

  wire [5:0] next_level = seek_begin ? 6'd32
      : seek ? (level_fits ? level : level & ~level_bit_q) | (level_bit_q >> 1)
      : below ? (at_top ? level : level + 6'd1)
      : level - 6'd1;
  wire       level_moves = seek_begin || seek || below || (above && stepped_q && !nearer);

  assign level_compares = below || (above && stepped_q && nearer);

  // ---- From device to device ----

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      tile_o <= 4'd0;
      row_q <= 4'd0;
      group_o <= 3'd0;
      data_q <= 48'd0;
      adc_q <= 2'd0;
      prog_failed_o <= 4'd0;
      minus_q <= 1'b0;
    end else if (start_i) begin
      tile_o <= prog_tile_i;
      row_q <= prog_row_i;
      group_o <= prog_group_i;
      data_q <= prog_data_i;
      adc_q <= 2'd0;
      prog_failed_o <= 4'd0;
      minus_q <= 1'b0;
    end else if (device_end) begin
      data_q <= data_q >> 6;
      minus_q <= !minus_q;
      if (minus_q) begin
        adc_q <= adc_q + 2'd1;
      end
      if (!reached) begin
        prog_failed_o <= prog_failed_o | here;
      end
    end else if (level_moves) begin
      data_q[5:0] <= next_level;
    end
  end

  // ---- Pulses of the device, and those in the same direction just before ----

  reg  [7:0] pulses_q;
  reg  [7:0] same_q;
  reg        sets_q;
  wire       rises = !error_q[16];
  wire       goes_on = (|pulses_q) && sets_q == rises;
  wire [7:0] pulses_before = goes_on ? same_q + 8'd1 : 8'd0;

  assign exhausted = pulses_q == max_pulses_i;
  assign seeks = refresh_i && !(|pulses_q);

  wire [31:0] strengths = rises ? set_i : reset_i;
  wire [7:0]  start = strengths[7:0];
  wire [7:0]  step = strengths[15:8];
  wire [7:0]  most = strengths[23:16];
  wire [7:0]  slope = strengths[31:24];
  wire [16:0] grown = {9'd0, pulses_before} * {9'd0, step} + {9'd0, start};
  wire [25:0] scaled = ({9'd0, magnitude} * {18'd0, slope} + 26'd8) >> 4;
  wire [25:0] at_least = (scaled < {18'd0, start}) ? {18'd0, start} : scaled;
  wire [7:0]  incremental = (grown > {9'd0, most}) ? most : grown[7:0];
  wire [7:0]  adaptive = (at_least > {18'd0, most}) ? most : at_least[7:0];
  wire [7:0]  next_strength = mode_i[1] ? adaptive : mode_i[0] ? incremental : start;
  reg  [7:0]  strength_q;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      pulses_q <= 8'd0;
      same_q <= 8'd0;
      sets_q <= 1'b0;
      strength_q <= 8'd16;
    end else if (start_i || device_end) begin
      pulses_q <= 8'd0;
    end else if (next_pulse) begin
      pulses_q <= pulses_q + 8'd1;
      same_q <= pulses_before;
      sets_q <= rises;
      strength_q <= next_strength;
    end
  end

  // ---- Lines: one word line, one bit line ----

  assign dac_valid_o = row_beat || column_beat;
  assign dac_side_o = column_beat;
  assign dac_code_o = read_row ? {1'b0, read_input_i} : 8'd1;
  assign word_o = row_q[3:2];
  assign slot_o = group_o[1:0];
  assign mask_o = column_beat ? 4'd1 << adc_q : 4'd1 << row_q[1:0];

  wire unused_group = &{1'b0, group_o[2]};

  assign pulse_up_o = sets_q ^ minus_q;
  assign pulse_strength_o = busy_o ? strength_q : 8'd16;
  assign sides_o = busy_o ? {minus_q, !minus_q} : 2'd3;
  assign word_valid_o = device_end && last_device;
  assign device_valid_o = device_end;
  assign set_pulse_valid_o = next_pulse && rises;
  assign reset_pulse_valid_o = next_pulse && !rises;
  assign read_valid_o = capture;
  assign failure_valid_o = device_end && !reached;

endmodule

`default_nettype wire
