// SPDX-License-Identifier: MIT OR Apache-2.0
// memgan 0.1.0, configuration 6ce034800c74ca3b
// Source: src/rtl/bank.rs
//
// Tiles of layer generator_0: a 8 x 64 matrix on 1 x 4 tiles, 4 conversions a read of 16 columns
// each.
//
// All tiles do the same at the same time; done_o is high when every tile is done. capture_i stores
// the sums of the codes over the row tiles, which stay until the next capture_i.
//
// Latency: capture_i to sums_o: 1 cycle; result_word_i to sums_o: combinational.

`default_nettype none

module memgan_bank_generator_0 (
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
  output wire [31:0] sums_o,         // signed, units of 2^gain
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

  localparam [2:0]  ROW_TILES = 3'd0;  // number of each row tile
  // number of each tile on the programming port
  localparam [15:0] TILES     = {4'd3, 4'd2, 4'd1, 4'd0};

  wire [3:0]   masks;
  wire         loads;
  wire [127:0] codes;
  wire [3:0]   dones;

  genvar row;
  generate
    for (row = 0; row < 1; row = row + 1) begin : gen_row
      wire here = row_tile == ROW_TILES;
      wire next_here = next_row_tile == ROW_TILES;

      assign masks = dac_mask_i & ((dac_next_i & {4{next_here}}) | (~dac_next_i & {4{here}}));
      assign loads = load && (|masks);

      genvar column;
      for (column = 0; column < 4; column = column + 1) begin : gen_column
        wire prog = prog_valid_i && prog_tile_i == TILES[(row*4 + column)*4 +: 4];

        memgan_crossbar u_tile (
          .clk_i        (clk_i),
          .rst_ni       (rst_ni),
          .dac_valid_i  (loads),
          .dac_word_i   (dac_word_i[1:0]),
          .dac_mask_i   (masks),
          .dac_next_i   (dac_next_i),
          .dac_data_i   (dac_data_i),
          .apply_i      (apply),
          .sample_i     (sample),
          .phase_i      (phase_i),
          .adc_start_i  (adc_start),
          .adc_group_i  (adc_group_i),
          .adc_gain_i   (adc_gain_i),
          .adc_done_o   (dones[row*4 + column]),
          .adc_code_o   (codes[(row*4 + column)*32 +: 32]),
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

  wire [127:0] sums;

  genvar column;
  generate
    for (column = 0; column < 16; column = column + 1) begin : gen_sum
      assign sums[column*8 +: 8] = codes[column*8 +: 8];
    end
  endgenerate

  reg  [127:0] captured_q;
  wire         capture = select_i && capture_i;

  always @(posedge clk_i) begin
    if (capture) begin
      captured_q <= sums;
    end
  end

  // ---- Result word, with the next one on the lanes that ask for it ----

  reg [31:0] this_word;
  reg [31:0] following_word;

  always @* begin
    this_word = 32'd0;
    following_word = 32'd0;
    case (result_word_i)
      2'd0: begin
        this_word = captured_q[31:0];
        following_word = captured_q[63:32];
      end
      2'd1: begin
        this_word = captured_q[63:32];
        following_word = captured_q[95:64];
      end
      2'd2: begin
        this_word = captured_q[95:64];
        following_word = captured_q[127:96];
      end
      2'd3: this_word = captured_q[127:96];
    endcase
  end

  genvar lane;
  generate
    for (lane = 0; lane < 4; lane = lane + 1) begin : gen_lane
      assign sums_o[lane*8 +: 8] = result_next_i[lane] ? following_word[lane*8 +: 8]
          : this_word[lane*8 +: 8];
    end
  endgenerate

endmodule

`default_nettype wire
