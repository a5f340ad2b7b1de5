// SPDX-License-Identifier: MIT OR Apache-2.0
// memgan 0.1.0, configuration 27fc81e8c50ef658
// Source: src/rtl/bank.rs
//
// Tiles of layer discriminator_0: a 16 x 4 matrix on 1 x 1 tiles, 1 conversions a read of 4 columns
// each.
//
// All tiles do the same at the same time; done_o is high when every tile is done. capture_i stores
// the sums of the codes over the row tiles, which stay until the next capture_i.
//
// A column read has 8 conversions of 2 rows each: group g is group g % 8 of the tiles of row tile g
// / 8, and only they convert. Their codes are added over the column tiles. read_columns_i and
// adc_group_i are stable from adc_start_i to capture_i.
//
// Latency: capture_i to sums_o: 1 cycle; result_word_i to sums_o: combinational.

`default_nettype none

module memgan_bank_discriminator_0 (
  // Clock and reset
  input  wire        clk_i,
  input  wire        rst_ni,                    // asynchronous, active low
  // Line DACs
  input  wire        select_i,                  // this layer is running
  input  wire        dac_valid_i,
  input  wire        dac_side_i,                // 1: bit lines; then the word counts matrix columns
  input  wire [4:0]  dac_word_i,                // matrix row / lanes
  input  wire [3:0]  dac_mask_i,                // lanes to write
  input  wire [3:0]  dac_next_i,                // lanes of the next word
  input  wire [31:0] dac_data_i,                // signed 8 bit a lane
  // Read
  input  wire        apply_i,
  input  wire        sample_i,
  input  wire        phase_i,
  input  wire        read_columns_i,            // 1: column read
  input  wire        adc_start_i,
  input  wire [4:0]  adc_group_i,
  input  wire [3:0]  adc_gain_i,
  output wire        done_o,
  input  wire        capture_i,
  // Range of the codes that capture_i stores, in its cycle
  output wire        codes_saturated_o,         // a code is at an end of the ADC's range
  output wire        codes_upper_o,             // a code is beyond half of the ADC's range
  // Results of the captured group
  input  wire [1:0]  result_word_i,             // column within the group / lanes
  input  wire [3:0]  result_next_i,             // lanes that show the next word
  output wire [31:0] sums_o,                    // signed, units of 2^gain
  // Pulse, in all tiles
  input  wire        pulse_start_i,             // one cycle; the next four count in it
  input  wire        pulse_rows_negative_i,     // word lines with negative codes
  input  wire        pulse_columns_negative_i,  // bit lines with negative codes
  input  wire        pulse_up_i,                // 1: towards larger weights
  input  wire [7:0]  pulse_strength_i,          // 16: a nominal pulse
  // connected devices of a pair: bit 0 plus, bit 1 minus
  input  wire [1:0]  sides_i,
  output wire        pulse_done_o,              // every tile is done
  // Programming
  input  wire        prog_valid_i,
  input  wire        prog_write_i,              // 1: write, 0: read
  input  wire [3:0]  prog_tile_i,               // tile of the design
  input  wire [3:0]  prog_row_i,                // word line
  input  wire [2:0]  prog_group_i,              // conversion group
  input  wire [47:0] prog_data_i,
  // 1 cycle after a read, till the next; 0 if of another layer
  output reg  [47:0] prog_data_o,
  // Write-verify: the strobes of line DACs, reads and pulses go to one tile, its lines from here
  input  wire        programming_i,             // then select_i is low
  input  wire [3:0]  program_tile_i,            // tile of the design
  input  wire [1:0]  program_word_i,            // word line / lanes
  input  wire [1:0]  program_slot_i,            // slot of bit lines
  input  wire [3:0]  program_mask_i,            // the line's lane
  input  wire [2:0]  program_group_i,           // conversion group
  // of the tile; 0 if of another layer, as the next ones
  output wire        program_adc_done_o,
  output reg  [31:0] program_codes_o,           // by ADC
  output wire        program_pulse_done_o
);

  // ---- Selected ----

  wire       load = select_i && dac_valid_i && !dac_side_i;
  wire       apply = select_i && apply_i;
  wire       sample = select_i && sample_i;
  wire       adc_start = select_i && adc_start_i;
  wire [2:0] row_tile = dac_word_i[4:2];
  wire [4:0] next_word = dac_word_i + 5'd1;
  wire [2:0] next_row_tile = next_word[4:2];
  wire       pulse_start = select_i && pulse_start_i;

  // ---- Bit lines: matrix columns by column tile and slot ----

  wire        column_load = select_i && dac_valid_i && dac_side_i;
  wire        column_loads = column_load && (|dac_mask_i);
  wire [3:0]  slots = {next_word[1:0], dac_word_i[1:0]};
  wire [15:0] row_codes;

  localparam [3:0] LAST_COLUMNS = 4'd15;  // ADCs of the last group in use, by column tile

  wire [3:0]  rows_used = (adc_group_i == 5'd7) ? 4'b0011 : 4'b0011;
  wire [3:0]  columns_used = (adc_group_i == 5'd0) ? LAST_COLUMNS : 4'b1111;
  wire [3:0]  adcs_used = read_columns_i ? rows_used : columns_used;
  wire        pulse_dones;
  wire [47:0] levels;
  reg         reads_q;
  wire        programmed;
  wire        saturated;
  wire        upper;
  wire        unused_group = &{1'b0, adc_group_i[4:3]};
  wire [2:0]  tile_group = programming_i ? program_group_i : adc_group_i[2:0];
  wire [1:0]  line_word = programming_i ? program_word_i : dac_word_i[1:0];
  wire [3:0]  line_next = dac_next_i & {4{!programming_i}};
  wire [3:0]  line_slots = programming_i ? {2{program_slot_i}} : slots;

  // ---- Tiles: row tile r holds the matrix rows from r * word lines on ----

  localparam [2:0] ROW_TILES = 3'd0;  // number of each row tile
  localparam [3:0] TILES     = 4'd5;  // number of each tile on the programming port

  wire [3:0]  masks;
  wire        loads;
  wire [31:0] codes;
  wire        dones;

  genvar row;
  generate
    for (row = 0; row < 1; row = row + 1) begin : gen_row
      wire here = row_tile == ROW_TILES;
      wire next_here = next_row_tile == ROW_TILES;

      assign masks = dac_mask_i & ((dac_next_i & {4{next_here}}) | (~dac_next_i & {4{here}}));
      assign loads = load && (|masks);

      genvar column;
      for (column = 0; column < 1; column = column + 1) begin : gen_column
        wire prog = prog_valid_i && prog_tile_i == TILES;

        assign programmed = programming_i && program_tile_i == TILES;

        wire [31:0] code;

        assign codes = code;
        assign row_codes = code[15:0];

        wire [3:0] at_end;
        wire [3:0] beyond_half;

        genvar adc;
        for (adc = 0; adc < 4; adc = adc + 1) begin : gen_range
          assign at_end[adc] = adcs_used[column*4 + adc] &&
              (&(code[adc*8 +: 7] ^ {7{code[adc*8 + 7]}}));
          assign beyond_half[adc] = adcs_used[column*4 + adc] &&
              (code[adc*8 + 7] ^ code[adc*8 + 6]);
        end

        assign saturated = |at_end;
        assign upper = |beyond_half;

        wire       dac_valid = loads || column_loads || (programmed && dac_valid_i);
        wire [3:0] dac_mask = programming_i ? program_mask_i : dac_side_i ? dac_mask_i : masks;

        always @(posedge clk_i or negedge rst_ni) begin
          if (!rst_ni) begin
            reads_q <= 1'b0;
          end else if (prog_valid_i && !prog_write_i) begin
            reads_q <= prog;
          end
        end

        memgan_crossbar u_tile (
          .clk_i                    (clk_i),
          .rst_ni                   (rst_ni),
          .dac_valid_i              (dac_valid),
          .dac_side_i               (dac_side_i),
          .dac_word_i               (line_word),
          .dac_mask_i               (dac_mask),
          .dac_next_i               (line_next),
          .dac_data_i               (dac_data_i),
          .dac_slot_i               (line_slots),
          .apply_i                  (apply || (programmed && apply_i)),
          .sample_i                 (sample || (programmed && sample_i)),
          .phase_i                  (phase_i),
          .read_columns_i           (read_columns_i),
          .adc_start_i              (adc_start || (programmed && adc_start_i)),
          .adc_group_i              (tile_group),
          .adc_gain_i               (adc_gain_i),
          .adc_done_o               (dones),
          .adc_code_o               (code),
          .pulse_start_i            (pulse_start || (programmed && pulse_start_i)),
          .pulse_rows_negative_i    (pulse_rows_negative_i),
          .pulse_columns_negative_i (pulse_columns_negative_i),
          .pulse_up_i               (pulse_up_i),
          .pulse_strength_i         (pulse_strength_i),
          .pulse_done_o             (pulse_dones),
          .sides_i                  (sides_i),
          .prog_valid_i             (prog),
          .prog_write_i             (prog_write_i),
          .prog_row_i               (prog_row_i),
          .prog_group_i             (prog_group_i),
          .prog_data_i              (prog_data_i),
          .prog_data_o              (levels)
        );
      end
    end
  endgenerate

  assign done_o = dones;

  // ---- The tile that is programmed ----

  assign program_adc_done_o = dones && programmed;
  assign program_pulse_done_o = pulse_dones && programmed;

  always @* begin : p_program_codes_o
    integer each;
    program_codes_o = 32'd0;
    for (each = 0; each < 1; each = each + 1) begin
      if (programmed) begin
        program_codes_o = codes;
      end
    end
  end

  assign codes_saturated_o = saturated;
  assign codes_upper_o = upper;
  assign pulse_done_o = pulse_dones;

  // ---- Levels of the tile that was read last ----

  always @* begin : p_prog_data_o
    integer each;
    prog_data_o = 48'd0;
    for (each = 0; each < 1; each = each + 1) begin
      if (reads_q) begin
        prog_data_o = levels;
      end
    end
  end

  // ---- Partial sums over the row tiles ----

  wire [31:0] sums;

  genvar column;
  generate
    for (column = 0; column < 4; column = column + 1) begin : gen_sum
      assign sums[column*8 +: 8] = codes[column*8 +: 8];
    end
  endgenerate

  // ---- Partial sums over the column tiles ----

  wire [15:0] row_sums;

  genvar line;
  generate
    for (line = 0; line < 2; line = line + 1) begin : gen_row_sum
      assign row_sums[line*8 +: 8] = row_codes[line*8 +: 8];
    end
  endgenerate

  reg  [31:0] captured_q;
  wire        capture = select_i && capture_i;

  always @(posedge clk_i) begin
    if (capture) begin
      captured_q <= read_columns_i ? {16'd0, row_sums} : sums;
    end
  end

  // ---- Result word, with the next one on the lanes that ask for it ----

  assign sums_o = captured_q;

  wire unused_result = &{1'b0, result_word_i, result_next_i};

endmodule

`default_nettype wire
