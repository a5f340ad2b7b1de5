// SPDX-License-Identifier: MIT OR Apache-2.0
// memgan 0.1.0, configuration 27fc81e8c50ef658
// Source: src/rtl/crossbar.rs
//
// Crossbar macro, 16 word lines x 16 weight columns, 4 ADCs of 8 bits. Ports only: stands for the
// analogue macro in synthesis.
//
// Lines are stable from apply_i to the end of the last conversion. adc_start_i only after sampling
// and not during a conversion; adc_code_o is stable from adc_done_o to the next end of a
// conversion. The macro may take any number of cycles to convert. Programming only between reads;
// unprogrammed cells weigh zero.
//
// Column reads drive the bit lines and convert the word lines with 2 ADCs; read_columns_i is stable
// from sampling to the last conversion. A pulse moves every connected device whose word line and
// bit line hold codes of the chosen signs by one level; it needs lines that were applied, and
// nothing else happens between pulse_start_i and pulse_done_o. What was sampled is void after a
// pulse. Cells of lines that hold 0 never move.
//
// sides_i is stable from sampling to the last conversion, and to the end of a pulse.

`default_nettype none

(* blackbox *)
module memgan_crossbar (
  // Clock and reset
  input  wire        clk_i,
  input  wire        rst_ni,                    // asynchronous, active low
  // Line DAC shadow registers: lane l of dac_data_i goes to word line (dac_word_i + dac_next_i[l])
  // * lanes + l
  input  wire        dac_valid_i,
  input  wire        dac_side_i,                // 1: to the bit lines
  input  wire [1:0]  dac_word_i,
  input  wire [3:0]  dac_mask_i,                // lanes to write
  input  wire [3:0]  dac_next_i,                // lanes of the next word
  input  wire [31:0] dac_data_i,                // signed 8 bit a lane, -127..127
  // Bit lines: lane l goes to register slot * 4 + l % 4; the slots of dac_next_i 0 and 1 of each 4
  // lanes. Register group * 4 + a drives column a * columns_per_adc + group
  input  wire [3:0]  dac_slot_i,                // dac_next_i 0 of the first lanes in the low bits
  // Read: apply moves the shadow registers to the lines and clears them; then settle, sample,
  // convert
  input  wire        apply_i,
  input  wire        sample_i,                  // hold capacitors track the bit lines
  input  wire        phase_i,                   // 1: negative inputs onto the opposite plate
  // 1: bit lines are driven, ADC a converts word line group * row ADCs + a
  input  wire        read_columns_i,
  input  wire        adc_start_i,               // one cycle
  input  wire [2:0]  adc_group_i,               // ADC a converts column a * columns_per_adc + group
  // unit of a code is 2^gain level steps x activation steps
  input  wire [3:0]  adc_gain_i,
  // high from the end of a conversion to the next start
  output reg         adc_done_o,
  output reg  [31:0] adc_code_o,                // signed, ADC 0 in the low bits
  // Pulse: every cell between a word line and a bit line of these signs moves by one level
  input  wire        pulse_start_i,             // one cycle; the next four count in it
  // word lines with negative codes, else positive ones
  input  wire        pulse_rows_negative_i,
  input  wire        pulse_columns_negative_i,  // bit lines with negative codes, else positive ones
  input  wire        pulse_up_i,                // 1: towards larger weights
  input  wire [7:0]  pulse_strength_i,          // 16: a nominal pulse; others in proportion
  output reg         pulse_done_o,              // high from the end of a pulse to the next start
  // Reads and pulses: connected devices of a pair; the others add nothing and do not move
  input  wire [1:0]  sides_i,                   // bit 0 plus, bit 1 minus
  // Programming: the cells of one word line that belong to one conversion group
  input  wire        prog_valid_i,
  input  wire        prog_write_i,              // 1: write, 0: read
  input  wire [3:0]  prog_row_i,                // word line
  input  wire [2:0]  prog_group_i,
  input  wire [47:0] prog_data_i,               // levels a cell, ADC 0 in the low bits
  // levels; from the cycle after a read to the next read
  output wire [47:0] prog_data_o
);
endmodule

`default_nettype wire
