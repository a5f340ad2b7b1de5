// SPDX-License-Identifier: MIT OR Apache-2.0
// memgan 0.1.0, configuration 6ce034800c74ca3b
// Source: src/rtl/crossbar.rs
//
// Crossbar macro, 16 word lines x 16 weight columns, 4 ADCs of 8 bits. Behavioural model for
// simulation: ideal devices with a whole number of levels.
//
// Lines are stable from apply_i to the end of the last conversion. adc_start_i only after sampling
// and not during a conversion; adc_code_o is stable from adc_done_o to the next end of a
// conversion. The macro may take any number of cycles to convert. Programming only between reads;
// unprogrammed cells weigh zero.
//
// Latency: adc_done_o 11 cycles after adc_start_i.

`default_nettype none

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

  // ---- Line DACs ----

  reg  [127:0] shadow_q;
  reg  [127:0] line_q;
  wire [1:0]   next_word = dac_word_i + 2'd1;
  wire [3:0]   hit_0 = dac_mask_i &
      ((~dac_next_i & {4{dac_word_i == 2'd0}}) | (dac_next_i & {4{next_word == 2'd0}}));
  wire [3:0]   hit_1 = dac_mask_i &
      ((~dac_next_i & {4{dac_word_i == 2'd1}}) | (dac_next_i & {4{next_word == 2'd1}}));
  wire [3:0]   hit_2 = dac_mask_i &
      ((~dac_next_i & {4{dac_word_i == 2'd2}}) | (dac_next_i & {4{next_word == 2'd2}}));
  wire [3:0]   hit_3 = dac_mask_i &
      ((~dac_next_i & {4{dac_word_i == 2'd3}}) | (dac_next_i & {4{next_word == 2'd3}}));

  always @(posedge clk_i or negedge rst_ni) begin : p_line_q
    integer lane;
    if (!rst_ni) begin
      line_q <= {128{1'b0}};
      shadow_q <= {128{1'b0}};
    end else if (apply_i) begin
      line_q <= shadow_q;
      shadow_q <= {128{1'b0}};
    end else if (dac_valid_i) begin
      for (lane = 0; lane < 4; lane = lane + 1) begin
        if (hit_0[lane]) begin
          shadow_q[lane*8 +: 8] <= dac_data_i[lane*8 +: 8];
        end
        if (hit_1[lane]) begin
          shadow_q[lane*8 + 32 +: 8] <= dac_data_i[lane*8 +: 8];
        end
        if (hit_2[lane]) begin
          shadow_q[lane*8 + 64 +: 8] <= dac_data_i[lane*8 +: 8];
        end
        if (hit_3[lane]) begin
          shadow_q[lane*8 + 96 +: 8] <= dac_data_i[lane*8 +: 8];
        end
      end
    end
  end

  // ---- Cells: signed weights in level steps, by conversion group, word line and ADC ----

  reg [6:0] weight_q [0:255];

  initial begin : p_init_weight_q
    integer index;
    for (index = 0; index < 256; index = index + 1) begin
      weight_q[index] = 7'd0;
    end
  end

  // Not for synthesis: the model computes in steps within one clock edge.
  // verilator lint_off BLKSEQ
  always @(posedge clk_i) begin : p_weight_q
    integer adc;
    if (prog_valid_i) begin
      for (adc = 0; adc < 4; adc = adc + 1) begin
        weight_q[{prog_group_i, prog_row_i, adc[1:0]}] = {1'b0, prog_data_i[adc*12 +: 6]} -
            {1'b0, prog_data_i[adc*12 + 6 +: 6]};
      end
    end
  end
  // verilator lint_on BLKSEQ

  // ---- Conversion ----

  function [7:0] convert(input [17:0] dot, input [3:0] gain);
    reg [18:0] half;
    reg [18:0] scaled;
    begin
      half = (19'd1 << gain) >> 1;
      scaled = {dot[17], dot} + half;
      scaled = $signed(scaled) >>> gain;
      if ($signed(scaled) > $signed(19'd127)) begin
        convert = 8'd127;
      end else if ($signed(scaled) < $signed(19'h7ff80)) begin
        convert = 8'h80;
      end else begin
        convert = scaled[7:0];
      end
    end
  endfunction

  reg [7:0] lines [0:15];

  reg [17:0] sum;
  reg [31:0] result_q;

  // Not for synthesis: the model computes in steps within one clock edge.
  // verilator lint_off BLKSEQ
  always @(posedge clk_i) begin : p_lines
    integer row;
    integer adc;
    if (adc_start_i) begin
      for (row = 0; row < 16; row = row + 1) begin
        lines[row] = line_q[row*8 +: 8];
      end
      for (adc = 0; adc < 4; adc = adc + 1) begin
        sum = 18'd0;
        for (row = 0; row < 16; row = row + 1) begin
          sum = sum +
              $unsigned($signed({{10{lines[row][7]}}, lines[row]}) *
                  $signed({{11{weight_q[{adc_group_i, row[3:0], adc[1:0]}][6]}},
                           weight_q[{adc_group_i, row[3:0], adc[1:0]}]}));
        end
        result_q[adc*8 +: 8] <= convert(sum, adc_gain_i);
      end
    end
  end
  // verilator lint_on BLKSEQ

  reg        busy_q;
  reg  [8:0] timer_q;
  wire [8:0] cycles_left = 9'd10;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      busy_q <= 1'b0;
      timer_q <= 9'd0;
      adc_done_o <= 1'b0;
      adc_code_o <= 32'd0;
    end else if (adc_start_i) begin
      busy_q <= 1'b1;
      timer_q <= cycles_left;
      adc_done_o <= 1'b0;
    end else if (busy_q && timer_q <= 9'd1) begin
      busy_q <= 1'b0;
      adc_done_o <= 1'b1;
      adc_code_o <= result_q;
    end else if (busy_q) begin
      timer_q <= timer_q - 9'd1;
    end
  end

  reg sampled_q;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      sampled_q <= 1'b0;
    end else if (sample_i) begin
      sampled_q <= 1'b1;
    end else if (apply_i) begin
      sampled_q <= 1'b0;
    end
  end

  wire unused_phase = &{1'b0, phase_i};

`ifndef SYNTHESIS
`ifndef FORMAL
  always @(posedge clk_i or negedge rst_ni) begin
    if (rst_ni) begin
      if (!(!adc_start_i || sampled_q)) begin
        $display("%m: a conversion starts before the bit lines are sampled");
        $stop;
      end
    end
  end

  always @(posedge clk_i or negedge rst_ni) begin
    if (rst_ni) begin
      if (!(!adc_start_i || !busy_q)) begin
        $display("%m: a conversion starts during a conversion");
        $stop;
      end
    end
  end

  always @(posedge clk_i or negedge rst_ni) begin
    if (rst_ni) begin
      if (!(!apply_i || !busy_q)) begin
        $display("%m: lines change during a conversion");
        $stop;
      end
    end
  end

  always @(posedge clk_i or negedge rst_ni) begin
    if (rst_ni) begin
      if (!(!sample_i || !busy_q)) begin
        $display("%m: bit lines are sampled during a conversion");
        $stop;
      end
    end
  end

  always @(posedge clk_i or negedge rst_ni) begin
    if (rst_ni) begin
      if (!(!prog_valid_i || !busy_q)) begin
        $display("%m: cells are programmed during a conversion");
        $stop;
      end
    end
  end
`endif
`endif

endmodule

`default_nettype wire
