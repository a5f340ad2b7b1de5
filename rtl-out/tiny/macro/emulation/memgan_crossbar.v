// SPDX-License-Identifier: MIT OR Apache-2.0
// memgan 0.1.0, configuration 27fc81e8c50ef658
// Source: src/rtl/crossbar.rs
//
// Crossbar macro, 16 word lines x 16 weight columns, 4 ADCs of 8 bits. Emulation for an FPGA: the
// cells in block RAM, one multiply-accumulate an ADC.
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
// Latency: adc_done_o 19 cycles after adc_start_i, a word line a cycle, or 11 for a column read, a
// memory word a cycle; pulse_done_o 67 cycles after pulse_start_i, a memory word a cycle;
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
      for (into = 0; into < 4; into = into + 1) begin
        for (part = 0; part < 1; part = part + 1) begin
          for (lane = 0; lane < 4; lane = lane + 1) begin
            if (slot_hits[into*4 + part*4 + lane]) begin
              column_shadow_q[(into*4 + lane)*8 +: 8] <= dac_data_i[(part*4 + lane)*8 +: 8];
            end
          end
        end
      end
    end
  end

  wire unused_strength = &{1'b0, pulse_strength_i};

  // ---- Walk over the memory: word lines of a group, or all groups of word lines ----

  reg        column_q;
  reg        pulse_q;
  reg        walking_q;
  reg        adding_q;
  reg        closing_q;
  reg  [3:0] row_q;
  reg  [1:0] group_q;
  wire       across = column_q || pulse_q;
  wire       first_group = !(|group_q);
  wire       last_group = &group_q;
  wire       row_step = !across || last_group;
  wire       last_row = row_q[0] && (column_q || (&row_q[3:1]));
  wire       start = adc_start_i || pulse_start_i;
  wire       column_start = adc_start_i && read_columns_i;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      adding_q <= 1'b0;
      closing_q <= 1'b0;
      walking_q <= 1'b0;
      column_q <= 1'b0;
      pulse_q <= 1'b0;
      row_q <= 4'd0;
      group_q <= 2'd0;
    end else begin
      adding_q <= walking_q;
      closing_q <= adding_q && !walking_q;
      if (start) begin
        walking_q <= 1'b1;
        column_q <= column_start;
        pulse_q <= pulse_start_i;
        row_q <= column_start ? {adc_group_i, 1'b0} : 4'd0;
        group_q <= (pulse_start_i || read_columns_i) ? 2'd0 : adc_group_i[1:0];
      end else if (walking_q) begin
        walking_q <= !(row_step && last_row);
        if (row_step) begin
          row_q <= row_q + 4'd1;
        end
        if (across) begin
          group_q <= group_q + 2'd1;
        end
      end
    end
  end

  // ---- Cells: device levels, a word for each conversion group and word line ----

  (* ram_style = "block" *) reg [47:0] level_q [0:63];

  initial begin : p_init_level_q
    integer index;
    for (index = 0; index < 64; index = index + 1) begin
      level_q[index] = {4{12'd0}};
    end
  end

  wire        unused_prog_group = &{1'b0, prog_group_i[2]};
  wire        read_back = prog_valid_i && !prog_write_i;
  wire [5:0]  read_address = walking_q ? {group_q, row_q} : {prog_group_i[1:0], prog_row_i};
  reg  [47:0] word_q;
  reg  [5:0]  behind_q;
  reg  [7:0]  row_code_q;
  reg  [31:0] column_codes_q;
  wire [11:0] connected = {{6{sides_i[1]}}, {6{sides_i[0]}}};

  // ---- Pulse: cells between lines of the chosen signs move by one level ----

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

  reg rows_negative_q;
  reg columns_negative_q;
  reg up_q;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      rows_negative_q <= 1'b0;
      columns_negative_q <= 1'b0;
      up_q <= 1'b0;
    end else if (pulse_start_i) begin
      rows_negative_q <= pulse_rows_negative_i;
      columns_negative_q <= pulse_columns_negative_i;
      up_q <= pulse_up_i;
    end
  end

  wire [47:0] pulsed;

  genvar column;
  generate
    for (column = 0; column < 4; column = column + 1) begin : gen_pulse
      wire [11:0] moved_cell = moved(word_q[column*12 +: 12], up_q);
      wire [11:0] kept_cell = (moved_cell & connected) | (word_q[column*12 +: 12] & ~connected);

      assign pulsed[column*12 +: 12] = fires(column_codes_q[column*8 +: 8],
                                             columns_negative_q) ? kept_cell
          : word_q[column*12 +: 12];
    end
  endgenerate

  wire        pulse_write = adding_q && pulse_q && fires(row_code_q, rows_negative_q);
  wire        write = pulse_write || (prog_valid_i && prog_write_i);
  wire [5:0]  write_address = pulse_write ? behind_q : {prog_group_i[1:0], prog_row_i};
  wire [47:0] write_data = pulse_write ? pulsed : prog_data_i;

  always @(posedge clk_i) begin
    if (write) begin
      level_q[write_address] <= write_data;
    end
    if (walking_q || read_back) begin
      word_q <= level_q[read_address];
    end
  end

  always @(posedge clk_i) begin
    behind_q <= read_address;
    row_code_q <= line_q[{row_q, 3'd0} +: 8];
    column_codes_q <= column_line_q[{group_q, 5'd0} +: 32];
  end

  // ---- Levels read back: kept while the array reads ----

  reg fresh_q;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      fresh_q <= 1'b0;
    end else begin
      fresh_q <= read_back;
    end
  end

  reg [47:0] kept_q;

  always @(posedge clk_i) begin
    if (fresh_q) begin
      kept_q <= word_q;
    end
  end

  assign prog_data_o = fresh_q ? word_q : kept_q;

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

  reg [3:0] gain_q;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      gain_q <= 4'd0;
      adc_done_o <= 1'b0;
    end else if (adc_start_i) begin
      gain_q <= adc_gain_i;
      adc_done_o <= 1'b0;
    end else if (closing_q && !pulse_q) begin
      adc_done_o <= 1'b1;
    end
  end

  wire [31:0] factors = column_q ? column_codes_q : {4{row_code_q}};
  wire [27:0] weights;
  wire [71:0] products;
  wire [47:0] seen = word_q & {4{connected}};

  generate
    for (column = 0; column < 4; column = column + 1) begin : gen_product
      assign weights[column*7 +: 7] = {1'b0, seen[column*12 +: 6]} -
          {1'b0, seen[column*12 + 6 +: 6]};
      assign products[column*18 +: 18] = $signed({{10{factors[column*8 + 7]}},
                                                  factors[column*8 +: 8]}) *
          $signed({{11{weights[column*7 + 6]}}, weights[column*7 +: 7]});
    end
  endgenerate

  reg [71:0] sum_q;

  always @(posedge clk_i or negedge rst_ni) begin : p_sum_q
    integer adc;
    if (!rst_ni) begin
      sum_q <= {72{1'b0}};
    end else begin
      for (adc = 0; adc < 4; adc = adc + 1) begin
        if (adc_start_i) begin
          sum_q[adc*18 +: 18] <= 18'd0;
        end else if (adding_q) begin
          sum_q[adc*18 +: 18] <= sum_q[adc*18 +: 18] + products[adc*18 +: 18];
        end
      end
    end
  end

  wire [31:0] codes;

  generate
    for (column = 0; column < 4; column = column + 1) begin : gen_code
      assign codes[column*8 +: 8] = convert(sum_q[column*18 +: 18], gain_q);
    end
  endgenerate

  // A column read converts one word line after the other: codes move in from the top
  reg  [17:0] total_q;
  wire [17:0] row_sum = products[17:0] + products[35:18] + (products[53:36] + products[71:54]);
  reg         line_starts_q;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      line_starts_q <= 1'b0;
    end else begin
      line_starts_q <= first_group;
    end
  end

  always @(posedge clk_i) begin
    total_q <= line_starts_q ? row_sum : total_q + row_sum;
  end

  wire [7:0] row_code = convert(total_q, gain_q);
  reg        line_ends_q;
  reg        shift_q;

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      line_ends_q <= 1'b0;
      shift_q <= 1'b0;
    end else begin
      line_ends_q <= last_group;
      shift_q <= adding_q && line_ends_q;
    end
  end

  reg  [7:0]  row_codes_q;
  wire [15:0] row_codes = {row_code, row_codes_q};

  always @(posedge clk_i) begin
    if (shift_q) begin
      row_codes_q <= row_codes[15:8];
    end
  end

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      adc_code_o <= 32'd0;
    end else if (closing_q && !pulse_q) begin
      adc_code_o <= column_q ? {16'd0, row_codes} : codes;
    end
  end

  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      pulse_done_o <= 1'b0;
    end else if (pulse_start_i) begin
      pulse_done_o <= 1'b0;
    end else if (closing_q && pulse_q) begin
      pulse_done_o <= 1'b1;
    end
  end

  wire busy = walking_q || adding_q || closing_q;
  wire converting = busy && !pulse_q;
  wire pulsing = busy && pulse_q;
  reg  sampled_q;

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
      if (!(!adc_start_i || !converting)) begin
        $display("%m: a conversion starts during a conversion");
        $stop;
      end
    end
  end

  always @(posedge clk_i or negedge rst_ni) begin
    if (rst_ni) begin
      if (!(!apply_i || !converting)) begin
        $display("%m: lines change during a conversion");
        $stop;
      end
    end
  end

  always @(posedge clk_i or negedge rst_ni) begin
    if (rst_ni) begin
      if (!(!sample_i || !converting)) begin
        $display("%m: bit lines are sampled during a conversion");
        $stop;
      end
    end
  end

  always @(posedge clk_i or negedge rst_ni) begin
    if (rst_ni) begin
      if (!(!prog_valid_i || !converting)) begin
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
      if (!(!converting || sides_i == sides_before_q)) begin
        $display("%m: devices are connected or disconnected during a conversion");
        $stop;
      end
    end
  end

  always @(posedge clk_i or negedge rst_ni) begin
    if (rst_ni) begin
      if (!(!pulsing || sides_i == sides_before_q)) begin
        $display("%m: devices are connected or disconnected during a pulse");
        $stop;
      end
    end
  end

  always @(posedge clk_i or negedge rst_ni) begin
    if (rst_ni) begin
      if (!(!pulse_start_i || !converting)) begin
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
      if (!(!pulse_start_i || !pulsing)) begin
        $display("%m: a pulse starts during a pulse");
        $stop;
      end
    end
  end

  always @(posedge clk_i or negedge rst_ni) begin
    if (rst_ni) begin
      if (!(!adc_start_i || !pulsing)) begin
        $display("%m: a conversion starts during a pulse");
        $stop;
      end
    end
  end

  always @(posedge clk_i or negedge rst_ni) begin
    if (rst_ni) begin
      if (!(!apply_i || !pulsing)) begin
        $display("%m: lines change during a pulse");
        $stop;
      end
    end
  end

  always @(posedge clk_i or negedge rst_ni) begin
    if (rst_ni) begin
      if (!(!sample_i || !pulsing)) begin
        $display("%m: lines are sampled during a pulse");
        $stop;
      end
    end
  end

  always @(posedge clk_i or negedge rst_ni) begin
    if (rst_ni) begin
      if (!(!prog_valid_i || !pulsing)) begin
        $display("%m: cells are programmed or read back during a pulse");
        $stop;
      end
    end
  end
`endif
`endif

endmodule

`default_nettype wire
