// SPDX-License-Identifier: MIT OR Apache-2.0
// memgan 0.1.0, configuration 27fc81e8c50ef658
// Source: src/rtl/lanes.rs
//
// Rotates 4 lanes of 8 bits: lane l moves to lane (l + amount_i) mod 4.
//
// Latency: combinational.

`default_nettype none

module memgan_gather_rotate (
  // Word
  input  wire [31:0] data_i,    // lane 0 in the low bits
  input  wire [1:0]  amount_i,  // lanes
  output wire [31:0] data_o
);

  wire [31:0] by_2 = amount_i[0] ? {data_i[23:0], data_i[31:24]} : data_i;
  wire [31:0] by_4 = amount_i[1] ? {by_2[15:0], by_2[31:16]} : by_2;

  assign data_o = by_4;

endmodule

`default_nettype wire
