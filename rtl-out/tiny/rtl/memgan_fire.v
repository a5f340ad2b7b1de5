// SPDX-License-Identifier: MIT OR Apache-2.0
// memgan 0.1.0, configuration 27fc81e8c50ef658
// Source: src/rtl/fire.rs
//
// A line fires when the upper 16 random bits are below |value| * rate / 128 and the lower 7 below
// |value|: on average with the square of the value.
//
// rate_i is {exponent, mantissa - 8}: (8 + rate_i[2:0]) * 2^rate_i[7:3], the exponent at most 15.
//
// Latency: combinational.

`default_nettype none

module memgan_fire (
  // Line
  input  wire [7:0]  value_i,   // signed, -127..127
  input  wire [22:0] random_i,  // uniform
  input  wire [7:0]  rate_i,
  output wire [7:0]  code_o     // signed: -1, 0 or 1, the sign of the value
);

  wire        negative = value_i[7];
  wire [7:0]  magnitude = negative ? -value_i : value_i;
  wire        unused_magnitude = &{1'b0, magnitude[7], rate_i[7]};
  wire [3:0]  mantissa = {1'b1, rate_i[2:0]};
  wire [10:0] product = {4'd0, magnitude[6:0]} * {7'd0, mantissa};
  wire [25:0] scaled = {15'd0, product} << rate_i[6:3];
  wire        unused_scaled = &{1'b0, scaled[6:0]};
  wire        fires = {3'd0, random_i[22:7]} < scaled[25:7] && random_i[6:0] < magnitude[6:0];

  assign code_o = {{7{fires && negative}}, fires};

endmodule

`default_nettype wire
