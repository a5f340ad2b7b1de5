// SPDX-License-Identifier: MIT OR Apache-2.0
// memgan 0.1.0, configuration 27fc81e8c50ef658
// Source: src/rtl/random.rs
//
// One xorshift generator a lane, each with its own shifts: with equal ones all lanes would stay a
// constant apart.
//
// seed_valid_i starts every lane from seed_i ^ constant; step_i steps all lanes. The host makes the
// warm-up steps after seeding. Reset leaves the state of seed 0 after its warm-up.
//
// Latency: 1 cycle.

`default_nettype none

module memgan_random (
  // Clock and reset
  input  wire        clk_i,
  input  wire        rst_ni,         // asynchronous, active low
  // Control
  input  wire        seed_valid_i,
  input  wire [31:0] seed_i,
  input  wire        step_i,
  // Streams
  output wire [31:0] latents_o,      // signed 8 bit a lane, -127..127
  output wire [31:0] bytes_o,        // uniform 0..255 a lane
  output wire [91:0] firing_o,       // uniform, the upper bits of a lane
  // uniform: a bit of lane 0 that is in no other output for updates
  output wire        minus_first_o,
  output wire [14:0] chance_o        // top bits of lane 0
);

  // splitmix of the lane's number
  localparam [127:0] LANE_CONSTANTS = {32'hf6e2779f, 32'h57f1ab03, 32'h379a1e8e, 32'h15d35649};
  localparam [19:0]  LEFT_SHIFTS    = {5'd13, 5'd12, 5'd9, 5'd13};  // of each lane
  localparam [19:0]  RIGHT_SHIFTS   = {5'd17, 5'd21, 5'd17, 5'd17};  // of each lane
  localparam [19:0]  LAST_SHIFTS    = {5'd11, 5'd5, 5'd6, 5'd5};  // of each lane

  reg  [127:0] state_q;
  wire [127:0] next;

  genvar lane;
  generate
    for (lane = 0; lane < 4; lane = lane + 1) begin : gen_lane
      wire [31:0] mixed = seed_i ^ LANE_CONSTANTS[lane*32 +: 32];
      wire [31:0] seeded = (|mixed) ? mixed : LANE_CONSTANTS[lane*32 +: 32];
      wire [31:0] left = state_q[lane*32 +: 32] ^
          (state_q[lane*32 +: 32] << LEFT_SHIFTS[lane*5 +: 5]);
      wire [31:0] right = left ^ (left >> RIGHT_SHIFTS[lane*5 +: 5]);
      wire [31:0] last = right ^ (right << LAST_SHIFTS[lane*5 +: 5]);

      assign next[lane*32 +: 32] = seed_valid_i ? seeded : last;
      assign bytes_o[lane*8 +: 8] = state_q[lane*32 + 24 +: 8];
      assign firing_o[lane*23 +: 23] = state_q[lane*32 + 32 - 23 +: 23];

      wire [10:0] centred = {3'd0, state_q[lane*32 +: 8]} +
              {3'd0, state_q[lane*32 + 8 +: 8]} +
              {3'd0, state_q[lane*32 + 16 +: 8]} +
              {3'd0, state_q[lane*32 + 24 +: 8]} -
          11'd508;
      wire [8:0]  quarter = centred[10:2];
      wire        unused_quarter = &{1'b0, centred[1:0]};

      assign latents_o[lane*8 +: 8] = ($signed(quarter) > $signed(9'd127)) ? 8'd127 : quarter[7:0];
    end
  endgenerate

  assign minus_first_o = state_q[8];
  assign chance_o = state_q[31:17];

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= 128'h49a5ca8df68552b24d9de0ef0bc21145;
    end else if (seed_valid_i || step_i) begin
      state_q <= next;
    end
  end

endmodule

`default_nettype wire
