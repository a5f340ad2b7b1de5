// SPDX-License-Identifier: MIT OR Apache-2.0
// memgan 0.1.0, configuration 27fc81e8c50ef658
// Source: src/rtl/derivative.rs
//
// An error times the derivative of the non-linearity, which is taken at the non-linearity's output.
// Halves are rounded away from zero.
//
// Latency: combinational.

`default_nettype none

module memgan_derivative (
  // Error and activation
  input  wire [7:0] error_i,       // signed, -127..127
  input  wire [7:0] value_i,       // activation, signed, -127..127
  // Non-linearity
  input  wire [2:0] activation_i,  // 0 linear, 1 relu, 2 leaky relu, 3 tanh, 4 sigmoid
  input  wire [2:0] slope_i,       // leaky relu: negative values times 2^-slope
  input  wire       dropout_i,     // an activation of zero was dropped
  output wire [7:0] error_o        // signed, -127..127
);

  wire zero = !(|value_i);
  wire negative = value_i[7];

  // ---- Leaky relu ----

  wire [8:0] slope_half = ((9'd1 << slope_i) - {8'd0, error_i[7]}) >> 1;
  wire [8:0] slope_biased = {error_i[7], error_i} + slope_half;
  wire [8:0] leaked = $signed(slope_biased) >>> slope_i;
  wire       unused_leaked = &{1'b0, leaked[8]};

  // ---- tanh: 1 - a^2 in units of 2^-7; sigmoid: 4 a (1 - a), for a of 0..127 ----

  wire [15:0] square = $signed({{8{value_i[7]}}, value_i}) * $signed({{8{value_i[7]}}, value_i});
  wire [15:0] room = 16'h3f01 - square;
  wire [15:0] times_127 = {value_i[7], value_i, 7'd0} - {{8{value_i[7]}}, value_i};
  wire [15:0] between = times_127 - square;
  wire        is_tanh = activation_i == 3'd3;
  wire [6:0]  factor = is_tanh ? room[13:7] : between[11:5];
  wire        unused_factor = &{1'b0, room[15:14], room[6:0], between[15:12], between[4:0]};
  wire [15:0] product = $signed({{8{error_i[7]}}, error_i}) * $signed({{8{1'b0}}, 1'b0, factor});
  wire [15:0] rounded = product + (product[15] ? 16'd63 : 16'd64);
  wire        unused_rounded = &{1'b0, rounded[6:0], rounded[15]};

  // ---- By non-linearity ----

  reg [7:0] derived;

  always @* begin
    case (activation_i)
      3'd1: derived = (negative || zero) ? 8'd0 : error_i;
      3'd2: derived = negative ? leaked[7:0] : error_i;
      3'd3, 3'd4: derived = rounded[14:7];
      default: derived = error_i;
    endcase
  end

  assign error_o = (zero && dropout_i) ? 8'd0 : derived;

endmodule

`default_nettype wire
