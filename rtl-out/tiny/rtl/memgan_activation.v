// SPDX-License-Identifier: MIT OR Apache-2.0
// memgan 0.1.0, configuration 27fc81e8c50ef658
// Source: src/rtl/activation.rs
//
// Scales a pre-activation by 2^-shift_i, rounding halves up, and applies the non-linearity.
//
// Latency: combinational.

`default_nettype none

module memgan_activation (
  // Pre-activation
  input  wire [16:0] value_i,       // signed
  input  wire [3:0]  shift_i,
  // Non-linearity
  input  wire [2:0]  activation_i,  // 0 linear, 1 relu, 2 leaky relu, 3 tanh, 4 sigmoid
  input  wire [2:0]  slope_i,       // leaky relu: negative values times 2^-slope
  output reg  [7:0]  value_o,       // signed, -127..127
  // Errors
  input  wire        error_i,       // the value is an error: halves are rounded away from zero
  output wire [7:0]  rounded_o,     // signed, -127..127
  output wire        clipped_o      // the value did not fit
);

  // ---- Round and saturate ----

  wire        half_is_less = error_i && value_i[16];
  wire [17:0] half = ((18'd1 << shift_i) - {17'd0, half_is_less}) >> 1;
  wire [17:0] biased = {value_i[16], value_i} + half;
  wire [17:0] scaled = $signed(biased) >>> shift_i;
  wire        above = $signed(scaled) > $signed(18'd127);
  wire        below = $signed(scaled) < $signed(18'h3ff81);
  wire [7:0]  rounded = above ? 8'd127 : below ? 8'h81 : scaled[7:0];
  wire        negative = scaled[17];

  assign rounded_o = rounded;
  assign clipped_o = above || below;

  // ---- Leaky relu ----

  wire [8:0] slope_half = (9'd1 << slope_i) >> 1;
  wire [8:0] slope_biased = {rounded[7], rounded} + slope_half;
  wire [8:0] leaked = $signed(slope_biased) >>> slope_i;
  wire       unused_leaked = &{1'b0, leaked[8]};

  // ---- Tanh of the magnitude, then the sign ----

  wire [17:0] magnitude = negative ? -scaled : scaled;
  wire [7:0]  index = (magnitude > 18'd255) ? 8'd255 : magnitude[7:0];
  wire [6:0]  entry;

  memgan_tanh_table u_table (
    .index_i (index),
    .value_o (entry)
  );

  wire [7:0] tanh = negative ? -{1'b0, entry} : {1'b0, entry};
  wire [8:0] twice_sigmoid = 9'd128 + {tanh[7], tanh};
  wire       unused_half = &{1'b0, twice_sigmoid[0]};

  always @* begin
    case (activation_i)
      3'd1: value_o = negative ? 8'd0 : rounded;
      3'd2: value_o = negative ? leaked[7:0] : rounded;
      3'd3: value_o = tanh;
      3'd4: value_o = twice_sigmoid[8:1];
      default: value_o = rounded;
    endcase
  end

endmodule

`default_nettype wire
