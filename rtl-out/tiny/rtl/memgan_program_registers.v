// SPDX-License-Identifier: MIT OR Apache-2.0
// memgan 0.1.0, configuration 27fc81e8c50ef658
// Source: src/rtl/programmer/registers.rs
//
// Registers of write-verify and counters of what it did, which stay at their largest value.
//
// Addresses: 0 verify, 1 read input, 2 read gain, 3 tolerance, 4 most pulses, 5 mode, 6 SET and 7
// RESET strengths; 8 words, 9 devices, 10 SET pulses, 11 RESET pulses, 12 verify reads, 13 failed
// devices.
//
// Written only while nothing is programmed. A write to a counter clears all counters.
//
// Latency: reading is combinational; events and writes count from the next cycle on.

`default_nettype none

module memgan_program_registers (
  // Clock and reset
  input  wire        clk_i,
  input  wire        rst_ni,               // asynchronous, active low
  // Access
  input  wire        write_valid_i,
  input  wire [3:0]  address_i,
  input  wire [31:0] write_data_i,
  output reg  [31:0] read_data_o,
  // Registers
  // words are written: 0 directly, 1 by pulses, else refreshed
  output reg  [1:0]  verify_o,
  output reg  [6:0]  read_input_o,         // code of the word line in a verify read
  output reg  [3:0]  read_gain_o,          // of a verify read
  output reg  [7:0]  tolerance_o,          // error that is left alone, in ADC codes
  output reg  [7:0]  max_pulses_o,         // pulses of a device
  output reg  [1:0]  mode_o,               // 0 fixed, 1 incremental, else adaptive
  output reg  [31:0] set_o,                // {slope, max, step, start}
  output reg  [31:0] reset_o,              // {slope, max, step, start}
  // Events
  input  wire        word_valid_i,
  input  wire        device_valid_i,
  input  wire        set_pulse_valid_i,
  input  wire        reset_pulse_valid_i,
  input  wire        read_valid_i,
  input  wire        failure_valid_i
);

  reg  [31:0] word_count_q;
  reg  [31:0] device_count_q;
  reg  [31:0] set_pulse_count_q;
  reg  [31:0] reset_pulse_count_q;
  reg  [31:0] read_count_q;
  reg  [31:0] failure_count_q;
  wire        clear = write_valid_i && !(address_i < 4'd8);

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      verify_o <= 2'd0;
      read_input_o <= 7'd64;
      read_gain_o <= 4'd6;
      tolerance_o <= 8'd0;
      max_pulses_o <= 8'd64;
      mode_o <= 2'd2;
      set_o <= 32'h10100010;
      reset_o <= 32'h10100010;
      word_count_q <= 32'd0;
      device_count_q <= 32'd0;
      set_pulse_count_q <= 32'd0;
      reset_pulse_count_q <= 32'd0;
      read_count_q <= 32'd0;
      failure_count_q <= 32'd0;
    end else begin
      if (write_valid_i && address_i == 4'd0) begin
        verify_o <= write_data_i[1:0];
      end
      if (write_valid_i && address_i == 4'd1) begin
        read_input_o <= write_data_i[6:0];
      end
      if (write_valid_i && address_i == 4'd2) begin
        read_gain_o <= write_data_i[3:0];
      end
      if (write_valid_i && address_i == 4'd3) begin
        tolerance_o <= write_data_i[7:0];
      end
      if (write_valid_i && address_i == 4'd4) begin
        max_pulses_o <= write_data_i[7:0];
      end
      if (write_valid_i && address_i == 4'd5) begin
        mode_o <= write_data_i[1:0];
      end
      if (write_valid_i && address_i == 4'd6) begin
        set_o <= write_data_i;
      end
      if (write_valid_i && address_i == 4'd7) begin
        reset_o <= write_data_i;
      end
      if (clear) begin
        word_count_q <= 32'd0;
      end else if (word_valid_i && !(&word_count_q)) begin
        word_count_q <= word_count_q + 32'd1;
      end
      if (clear) begin
        device_count_q <= 32'd0;
      end else if (device_valid_i && !(&device_count_q)) begin
        device_count_q <= device_count_q + 32'd1;
      end
      if (clear) begin
        set_pulse_count_q <= 32'd0;
      end else if (set_pulse_valid_i && !(&set_pulse_count_q)) begin
        set_pulse_count_q <= set_pulse_count_q + 32'd1;
      end
      if (clear) begin
        reset_pulse_count_q <= 32'd0;
      end else if (reset_pulse_valid_i && !(&reset_pulse_count_q)) begin
        reset_pulse_count_q <= reset_pulse_count_q + 32'd1;
      end
      if (clear) begin
        read_count_q <= 32'd0;
      end else if (read_valid_i && !(&read_count_q)) begin
        read_count_q <= read_count_q + 32'd1;
      end
      if (clear) begin
        failure_count_q <= 32'd0;
      end else if (failure_valid_i && !(&failure_count_q)) begin
        failure_count_q <= failure_count_q + 32'd1;
      end
    end
  end

  always @* begin
    case (address_i)
      4'd0: read_data_o = {30'd0, verify_o};
      4'd1: read_data_o = {25'd0, read_input_o};
      4'd2: read_data_o = {28'd0, read_gain_o};
      4'd3: read_data_o = {24'd0, tolerance_o};
      4'd4: read_data_o = {24'd0, max_pulses_o};
      4'd5: read_data_o = {30'd0, mode_o};
      4'd6: read_data_o = set_o;
      4'd7: read_data_o = reset_o;
      4'd8: read_data_o = word_count_q;
      4'd9: read_data_o = device_count_q;
      4'd10: read_data_o = set_pulse_count_q;
      4'd11: read_data_o = reset_pulse_count_q;
      4'd12: read_data_o = read_count_q;
      4'd13: read_data_o = failure_count_q;
      default: read_data_o = 32'd0;
    endcase
  end

endmodule

`default_nettype wire
