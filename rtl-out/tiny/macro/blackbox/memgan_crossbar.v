// SPDX-License-Identifier: MIT OR Apache-2.0
// memgan 0.1.0, configuration 6ce034800c74ca3b
// Source: src/rtl/crossbar.rs
//
// Crossbar macro, 16 word lines x 16 weight columns, 4 ADCs of 8 bits. Ports only: stands for the
// analogue macro in synthesis.
//
// Lines are stable from apply_i to the end of the last conversion. adc_start_i only after sampling
// and not during a conversion; adc_code_o is stable from adc_done_o to the next end of a
// conversion. The macro may take any number of cycles to convert. Programming only between reads;
// unprogrammed cells weigh zero.

`default_nettype none

(* blackbox *)
module memgan_crossbar (
  // Clock and reset
  input  wire        clk_i,
  input  wire        rst_ni,        // asynchronous, active low
  // Line DAC shadow registers: lane l of dac_data_i goes to word line (dac_word_i + dac_next_i[l])
  // * lanes + l
  input  wire        dac_valid_i,
  input  wire [1:0]  dac_word_i,
  input  wire [3:0]  dac_mask_i,    // lanes to write
  input  wire [3:0]  dac_next_i,    // lanes of the next word
  input  wire [31:0] dac_data_i,    // signed 8 bit a lane, -127..127
  // Read: apply moves the shadow registers to the lines and clears them; then settle, sample,
  // convert
  input  wire        apply_i,
  input  wire        sample_i,      // hold capacitors track the bit lines
  input  wire        phase_i,       // 1: negative inputs onto the opposite plate
  input  wire        adc_start_i,   // one cycle
  input  wire [1:0]  adc_group_i,   // ADC a converts column a * columns_per_adc + group
  input  wire [3:0]  adc_gain_i,    // unit of a code is 2^gain level steps x activation steps
  output reg         adc_done_o,    // high from the end of a conversion to the next start
  output reg  [31:0] adc_code_o,    // signed, ADC 0 in the low bits
  // Programming: the cells of one word line that belong to one conversion group
  input  wire        prog_valid_i,
  input  wire [3:0]  prog_row_i,    // word line
  input  wire [1:0]  prog_group_i,
  input  wire [47:0] prog_data_i    // levels a cell, ADC 0 in the low bits
);
endmodule

`default_nettype wire
