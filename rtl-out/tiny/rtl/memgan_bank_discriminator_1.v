// SPDX-License-Identifier: MIT OR Apache-2.0
// memgan 0.1.0, configuration 6ce034800c74ca3b
// Source: src/rtl/bank.rs
//
// Tiles of layer discriminator_1: a 64 x 1 matrix on 4 x 1 tiles, 1 conversions a read of 1 columns
// each.
//
// All tiles do the same at the same time; done_o is high when every tile is done. capture_i stores
// the sums of the codes over the row tiles, which stay until the next capture_i.
//
// Latency: capture_i to sums_o: 1 cycle; result_word_i to sums_o: combinational.

`default_nettype none

module memgan_bank_discriminator_1 (
  // Clock and reset
  input  wire        clk_i,
  input  wire        rst_ni,         // asynchronous, active low
  // Line DACs
  input  wire        select_i,       // this layer is running
  input  wire        dac_valid_i,
  input  wire [4:0]  dac_word_i,     // matrix row / lanes
  input  wire [3:0]  dac_mask_i,     // lanes to write
  input  wire [3:0]  dac_next_i,     // lanes of the next word
  input  wire [31:0] dac_data_i,     // signed 8 bit a lane
  // Read
  input  wire        apply_i,
  input  wire        sample_i,
  input  wire        phase_i,
  input  wire        adc_start_i,
  input  wire [1:0]  adc_group_i,
  input  wire [3:0]  adc_gain_i,
  output wire        done_o,
  input  wire        capture_i,
  // Results of the captured group
  input  wire [1:0]  result_word_i,  // column within the group / lanes
  input  wire [3:0]  result_next_i,  // lanes that show the next word
  output wire [39:0] sums_o,         // signed, units of 2^gain
  // Programming
  input  wire        prog_valid_i,
  input  wire [3:0]  prog_tile_i,    // tile of the design
  input  wire [3:0]  prog_row_i,     // word line
  input  wire [1:0]  prog_group_i,   // conversion group
  input  wire [47:0] prog_data_i
);

  // ---- Selected ----

  wire       load = select_i && dac_valid_i;
  wire       apply = select_i && apply_i;
  wire       sample = select_i && sample_i;
  wire       adc_start = select_i && adc_start_i;
  wire [2:0] row_tile = dac_word_i[4:2];
  wire [4:0] next_word = dac_word_i + 5'd1;
  wire [2:0] next_row_tile = next_word[4:2];
  wire       unused_next_word = &{1'b0, next_word[1:0]};

  // ---- Tiles: row tile r holds the matrix rows from r * word lines on ----

  localparam [11:0] ROW_TILES = {3'd3, 3'd2, 3'd1, 3'd0};  // number of each row tile
  // number of each tile on the programming port
  localparam [15:0] TILES     = {4'd9, 4'd8, 4'd7, 4'd6};

  wire [15:0]  masks;
  wire [3:0]   loads;
  wire [127:0] codes;
  wire [3:0]   dones;

  genvar row;
  generate
    for (row = 0; row < 4; row = row + 1) begin : gen_row
      wire here = row_tile == ROW_TILES[row*3 +: 3];
      wire next_here = next_row_tile == ROW_TILES[row*3 +: 3];

      assign masks[row*4 +: 4] = dac_mask_i &
          ((dac_next_i & {4{next_here}}) | (~dac_next_i & {4{here}}));
      assign loads[row] = load && (|masks[row*4 +: 4]);

      genvar column;
      for (column = 0; column < 1; column = column + 1) begin : gen_column
        wire prog = prog_valid_i && prog_tile_i == TILES[(row + column)*4 +: 4];

        memgan_crossbar u_tile (
          .clk_i        (clk_i),
          .rst_ni       (rst_ni),
          .dac_valid_i  (loads[row]),
          .dac_word_i   (dac_word_i[1:0]),
          .dac_mask_i   (masks[row*4 +: 4]),
          .dac_next_i   (dac_next_i),
          .dac_data_i   (dac_data_i),
          .apply_i      (apply),
          .sample_i     (sample),
          .phase_i      (phase_i),
          .adc_start_i  (adc_start),
          .adc_group_i  (adc_group_i),
          .adc_gain_i   (adc_gain_i),
          .adc_done_o   (dones[row + column]),
          .adc_code_o   (codes[(row + column)*32 +: 32]),
          .prog_valid_i (prog),
          .prog_row_i   (prog_row_i),
          .prog_group_i (prog_group_i),
          .prog_data_i  (prog_data_i)
        );
      end
    end
  endgenerate

  assign done_o = &dones;

  // ---- Partial sums over the row tiles ----

  wire       unused_codes = &{1'b0, codes[31:8], codes[63:40], codes[95:72], codes[127:104]};
  wire [9:0] sums;

  genvar column;
  generate
    for (column = 0; column < 1; column = column + 1) begin : gen_sum
      assign sums = {{2{codes[column*8 + 7]}}, codes[column*8 +: 8]} +
          {{2{codes[column*8 + 32 + 7]}}, codes[column*8 + 32 +: 8]} +
          ({{2{codes[column*8 + 64 + 7]}}, codes[column*8 + 64 +: 8]} +
              {{2{codes[column*8 + 96 + 7]}}, codes[column*8 + 96 +: 8]});
    end
  endgenerate

  reg  [39:0] captured_q;
  wire        capture = select_i && capture_i;

  always @(posedge clk_i) begin
    if (capture) begin
      captured_q <= {30'd0, sums};
    end
  end

  // ---- Result word, with the next one on the lanes that ask for it ----

  assign sums_o = captured_q;

  wire unused_result = &{1'b0, result_word_i, result_next_i};

endmodule

`default_nettype wire
