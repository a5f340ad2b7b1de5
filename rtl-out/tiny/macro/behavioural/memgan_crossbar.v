// SPDX-License-Identifier: MIT OR Apache-2.0
// memgan 0.1.0, configuration 27fc81e8c50ef658
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
// Column reads drive the bit lines and convert the word lines with 2 ADCs; read_columns_i is stable
// from sampling to the last conversion. A pulse moves every connected device whose word line and
// bit line hold codes of the chosen signs by one level; it needs lines that were applied, and
// nothing else happens between pulse_start_i and pulse_done_o. What was sampled is void after a
// pulse. Cells of lines that hold 0 never move.
//
// sides_i is stable from sampling to the last conversion, and to the end of a pulse.
//
// Latency: adc_done_o 11 cycles after adc_start_i; pulse_done_o 99 cycles after pulse_start_i;
// prog_data_o 1 cycle after prog_valid_i.

`default_nettype none

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

  // ---- Ends of loops, in variables: simulators write out short loops over constants ----

  reg [31:0] lanes_end;
  reg [31:0] rows_end;
  reg [31:0] columns_end;
  reg [31:0] adcs_end;
  reg [31:0] row_adcs_end;
  reg [31:0] codes_end;
  reg [31:0] slots_end;
  reg [31:0] chunks_end;
  reg [31:0] chunk_end;

  initial begin
    lanes_end = 32'd4;
    rows_end = 32'd16;
    columns_end = 32'd16;
    adcs_end = 32'd4;
    row_adcs_end = 32'd2;
    codes_end = 32'd4;
    slots_end = 32'd4;
    chunks_end = 32'd1;
    chunk_end = 32'd4;
  end

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
    end else if (dac_valid_i && !dac_side_i) begin
      for (lane = 0; lane < lanes_end; lane = lane + 1) begin
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

  reg [127:0] column_shadow_q;
  reg [127:0] column_line_q;

  localparam [7:0] SLOTS = {2'd3, 2'd2, 2'd1, 2'd0};  // number of each slot

  wire [15:0] slot_hits;

  genvar slot;
  generate
    for (slot = 0; slot < 4; slot = slot + 1) begin : gen_slot
      genvar chunk;
      for (chunk = 0; chunk < 1; chunk = chunk + 1) begin : gen_chunk
        wire slot_here = dac_slot_i[chunk*4 +: 2] == SLOTS[slot*2 +: 2];
        wire slot_there = dac_slot_i[chunk*4 + 2 +: 2] == SLOTS[slot*2 +: 2];

        assign slot_hits[slot*4 + chunk*4 +: 4] = dac_mask_i &
            ((~dac_next_i & {4{slot_here}}) | (dac_next_i & {4{slot_there}}));
      end
    end
  endgenerate

  always @(posedge clk_i or negedge rst_ni) begin : p_column_line_q
    integer into;
    integer part;
    integer lane;
    if (!rst_ni) begin
      column_line_q <= {128{1'b0}};
      column_shadow_q <= {128{1'b0}};
    end else if (apply_i) begin
      column_line_q <= column_shadow_q;
      column_shadow_q <= {128{1'b0}};
    end else if (dac_valid_i && dac_side_i) begin
      for (into = 0; into < slots_end; into = into + 1) begin
        for (part = 0; part < chunks_end; part = part + 1) begin
          for (lane = 0; lane < chunk_end; lane = lane + 1) begin
            if (slot_hits[into*4 + part*4 + lane]) begin
              column_shadow_q[(into*4 + lane)*8 +: 8] <= dac_data_i[(part*4 + lane)*8 +: 8];
            end
          end
        end
      end
    end
  end

  // ---- Cells: device levels by conversion group, word line and ADC ----

  reg [11:0] level_q [0:255];

  initial begin : p_init_level_q
    integer index;
    for (index = 0; index < 256; index = index + 1) begin
      level_q[index] = 12'd0;
    end
  end

  wire [11:0] connected = {{6{sides_i[1]}}, {6{sides_i[0]}}};
  wire        unused_strength = &{1'b0, pulse_strength_i};

  localparam [5:0] LAST_LEVEL = 6'd63;  // levels - 1

  function [5:0] stepped(input [5:0] level, input higher);
    begin
      stepped = level;
      if (higher && level != LAST_LEVEL) begin
        stepped = level + 6'd1;
      end else if (!higher && (|level)) begin
        stepped = level - 6'd1;
      end
    end
  endfunction

  function [11:0] moved(input [11:0] old, input up);
    begin
      moved = {stepped(old[11:6], !up), stepped(old[5:0], up)};
    end
  endfunction

  function fires(input [7:0] code, input negative);
    begin
      fires = (|code) && code[7] == negative;
    end
  endfunction

  reg [47:0] levels_q;

  assign prog_data_o = levels_q;

  reg  [15:0] chosen;
  reg  [11:0] next;
  reg  [3:0]  pulsed_slot;
  wire        unused_prog_group = &{1'b0, prog_group_i[2]};

  // Not for synthesis: the model computes in steps within one clock edge.
  // verilator lint_off BLKSEQ
  always @(posedge clk_i) begin : p_level_q
    integer adc;
    integer column;
    integer row;
    if (prog_valid_i) begin
      for (adc = 0; adc < adcs_end; adc = adc + 1) begin
        if (prog_write_i) begin
          level_q[{prog_group_i[1:0], prog_row_i, adc[1:0]}] = prog_data_i[adc*12 +: 12];
        end else begin
          levels_q[adc*12 +: 12] <= level_q[{prog_group_i[1:0], prog_row_i, adc[1:0]}];
        end
      end
    end
    if (pulse_start_i) begin
      for (column = 0; column < columns_end; column = column + 1) begin
        chosen[column] = fires(column_line_q[column*8 +: 8], pulse_columns_negative_i);
      end
      for (row = 0; row < rows_end; row = row + 1) begin
        if (fires(line_q[row*8 +: 8], pulse_rows_negative_i)) begin
          for (column = 0; column < columns_end; column = column + 1) begin
            if (chosen[column]) begin
              pulsed_slot = column[3:0];
              next = (moved(level_q[{pulsed_slot[3:2], row[3:0], pulsed_slot[1:0]}], pulse_up_i) &
                      connected) |
                  (level_q[{pulsed_slot[3:2], row[3:0], pulsed_slot[1:0]}] & ~connected);
              level_q[{pulsed_slot[3:2], row[3:0], pulsed_slot[1:0]}] = next;
            end
          end
        end
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

  function [6:0] weight_of(input [11:0] device);
    begin
      weight_of = {1'b0, device[5:0]} - {1'b0, device[11:6]};
    end
  endfunction

  reg [7:0]  line_code;
  reg [3:0]  read_slot;
  reg [11:0] read_cell;

  reg [17:0] sum [0:3];

  reg [6:0]  weight;
  reg [31:0] result_q;

  // Not for synthesis: the model computes in steps within one clock edge.
  // verilator lint_off BLKSEQ
  always @(posedge clk_i) begin : p_sum
    integer index;
    integer column;
    integer line;
    integer row;
    integer adc;
    if (adc_start_i) begin
      for (index = 0; index < codes_end; index = index + 1) begin
        sum[index] = 18'd0;
      end
      if (read_columns_i) begin
        for (column = 0; column < columns_end; column = column + 1) begin
          line_code = column_line_q[column*8 +: 8];
          if (|line_code) begin
            read_slot = column[3:0];
            for (line = 0; line < row_adcs_end; line = line + 1) begin
              read_cell = level_q[{read_slot[3:2], adc_group_i, line[0:0], read_slot[1:0]}];
              weight = weight_of(read_cell & connected);
              sum[line] = sum[line] +
                  $unsigned($signed({{10{line_code[7]}}, line_code}) *
                      $signed({{11{weight[6]}}, weight}));
            end
          end
        end
      end else begin
        for (row = 0; row < rows_end; row = row + 1) begin
          line_code = line_q[row*8 +: 8];
          if (|line_code) begin
            for (adc = 0; adc < adcs_end; adc = adc + 1) begin
              read_cell = level_q[{adc_group_i[1:0], row[3:0], adc[1:0]}];
              weight = weight_of(read_cell & connected);
              sum[adc] = sum[adc] +
                  $unsigned($signed({{10{line_code[7]}}, line_code}) *
                      $signed({{11{weight[6]}}, weight}));
            end
          end
        end
      end
      // The sums of ADCs that the other side has more are zero, and so are their codes
      for (index = 0; index < codes_end; index = index + 1) begin
        result_q[index*8 +: 8] <= convert(sum[index], adc_gain_i);
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

  // ---- Time of a pulse ----

  reg        pulsing_q;
  reg  [8:0] pulse_timer_q;
  wire [8:0] pulse_cycles_left = 9'd98;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      pulsing_q <= 1'b0;
      pulse_timer_q <= 9'd0;
      pulse_done_o <= 1'b0;
    end else if (pulse_start_i) begin
      pulsing_q <= 1'b1;
      pulse_timer_q <= pulse_cycles_left;
      pulse_done_o <= 1'b0;
    end else if (pulsing_q && pulse_timer_q <= 9'd1) begin
      pulsing_q <= 1'b0;
      pulse_done_o <= 1'b1;
    end else if (pulsing_q) begin
      pulse_timer_q <= pulse_timer_q - 9'd1;
    end
  end

  reg sampled_q;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      sampled_q <= 1'b0;
    end else if (sample_i) begin
      sampled_q <= 1'b1;
    end else if (apply_i || pulse_start_i) begin
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

  reg applied_q;
  reg sampled_columns_q;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      applied_q <= 1'b0;
      sampled_columns_q <= 1'b0;
    end else begin
      if (apply_i) begin
        applied_q <= 1'b1;
      end
      if (sample_i) begin
        sampled_columns_q <= read_columns_i;
      end
    end
  end

  wire       others = adc_start_i || apply_i || sample_i || prog_valid_i;
  reg  [1:0] sides_before_q;

  always @(posedge clk_i) begin
    sides_before_q <= sides_i;
  end

`ifndef SYNTHESIS
`ifndef FORMAL
  always @(posedge clk_i or negedge rst_ni) begin
    if (rst_ni) begin
      if (!(!adc_start_i || sampled_columns_q == read_columns_i)) begin
        $display("%m: a conversion is of the side that was not sampled");
        $stop;
      end
    end
  end

  always @(posedge clk_i or negedge rst_ni) begin
    if (rst_ni) begin
      if (!(!pulse_start_i || applied_q)) begin
        $display("%m: a pulse starts before lines are applied");
        $stop;
      end
    end
  end

  always @(posedge clk_i or negedge rst_ni) begin
    if (rst_ni) begin
      if (!(!busy_q || sides_i == sides_before_q)) begin
        $display("%m: devices are connected or disconnected during a conversion");
        $stop;
      end
    end
  end

  always @(posedge clk_i or negedge rst_ni) begin
    if (rst_ni) begin
      if (!(!pulsing_q || sides_i == sides_before_q)) begin
        $display("%m: devices are connected or disconnected during a pulse");
        $stop;
      end
    end
  end

  always @(posedge clk_i or negedge rst_ni) begin
    if (rst_ni) begin
      if (!(!pulse_start_i || !busy_q)) begin
        $display("%m: a pulse starts during a conversion");
        $stop;
      end
    end
  end

  always @(posedge clk_i or negedge rst_ni) begin
    if (rst_ni) begin
      if (!(!pulse_start_i || !others)) begin
        $display("%m: a pulse starts together with something else");
        $stop;
      end
    end
  end

  always @(posedge clk_i or negedge rst_ni) begin
    if (rst_ni) begin
      if (!(!pulse_start_i || !pulsing_q)) begin
        $display("%m: a pulse starts during a pulse");
        $stop;
      end
    end
  end

  always @(posedge clk_i or negedge rst_ni) begin
    if (rst_ni) begin
      if (!(!adc_start_i || !pulsing_q)) begin
        $display("%m: a conversion starts during a pulse");
        $stop;
      end
    end
  end

  always @(posedge clk_i or negedge rst_ni) begin
    if (rst_ni) begin
      if (!(!apply_i || !pulsing_q)) begin
        $display("%m: lines change during a pulse");
        $stop;
      end
    end
  end

  always @(posedge clk_i or negedge rst_ni) begin
    if (rst_ni) begin
      if (!(!sample_i || !pulsing_q)) begin
        $display("%m: lines are sampled during a pulse");
        $stop;
      end
    end
  end

  always @(posedge clk_i or negedge rst_ni) begin
    if (rst_ni) begin
      if (!(!prog_valid_i || !pulsing_q)) begin
        $display("%m: cells are programmed or read back during a pulse");
        $stop;
      end
    end
  end
`endif
`endif

endmodule

`default_nettype wire
