# Shared by the commands in this folder: words to the user, and the installation of what is missing.
# shellcheck shell=bash

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_UI_LANGUAGE=en NO_UPDATE_NOTIFIER=1
: "${CONFIGURATION:=Release}"

say()  { printf '\033[1m==>\033[0m %s\n' "$*"; }
warn() { printf '\033[33mwarning:\033[0m %s\n' "$*" >&2; }
die()  { printf '\033[31merror:\033[0m %s\n' "$*" >&2; exit 1; }

# usage: the comment block at the head of the calling script is its --help.
usage() { sed -n '2,/^[^#]/{/^#/s/^# \{0,1\}//p}' "$0"; exit 0; }

need_dotnet() {
  command -v dotnet >/dev/null || die "the .NET 10 SDK is missing. Install it from https://dot.net (global.json names the version), then run this again."
  dotnet --version >/dev/null 2>&1 || die "no .NET SDK here satisfies global.json: $(dotnet --version 2>&1 | head -1)"
}

# node_modules DIR...: npm ci where the installed tree does not match the lock file.
node_modules() {
  command -v npm >/dev/null || die "Node.js (20 or newer, with npm) is missing: the storage emulator runs on it. Install it from https://nodejs.org."
  local dir
  for dir; do
    if [ ! -f "$dir/node_modules/.installed" ] || ! cmp -s "$dir/package-lock.json" "$dir/node_modules/.installed"; then
      say "npm packages of $dir"
      (cd "$dir" && npm ci --no-audit --no-fund --loglevel=error) || die "npm ci failed in $dir; see above. A proxy or an offline registry is the usual cause."
      cp "$dir/package-lock.json" "$dir/node_modules/.installed"
    fi
  done
}

present() {
  case $1 in
    # Debian's own interpreter: another python3 earlier in the path does not see Debian's modules.
    python3-qpid-proton) /usr/bin/python3 -c 'import proton' 2>/dev/null ;;
    python3-pandas) /usr/bin/python3 -c 'import pandas' 2>/dev/null ;;
    *) command -v "$1" >/dev/null ;;
  esac
}

# debian_packages NAME...: installs what is missing where that is possible; elsewhere names what goes without.
debian_packages() {
  local missing=() package
  for package; do present "$package" || missing+=("$package"); done
  [ ${#missing[@]} -eq 0 ] && return
  if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    say "Debian packages: ${missing[*]}"
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >/dev/null 2>&1 \
      || warn "apt-get could not install ${missing[*]}"
  fi
  for package in "${missing[@]}"; do
    present "$package" || warn "$package is not installed: what needs it is left out. On Debian or Ubuntu: sudo apt-get install $package"
  done
}

# build [PROJECT]: quiet unless it fails.
build() {
  local log=artifacts/build.log
  mkdir -p artifacts
  say "building ($CONFIGURATION)"
  if ! dotnet build "${1:-IoTBackend.sln}" -c "$CONFIGURATION" -v q >"$log" 2>&1; then
    grep -E '(error|warning) [A-Z]+[0-9]+' "$log" | sort -u | head -40 >&2
    die "the build failed; the whole log is in $log. Where packages could not be restored, check the NuGet source (dotnet nuget list source)."
  fi
}
