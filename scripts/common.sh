# Shared by the commands in this folder: words to the user, and the installation of what is missing.
# shellcheck shell=bash

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_UI_LANGUAGE=en NO_UPDATE_NOTIFIER=1
: "${CONFIGURATION:=Release}"

# colour FD CODE TEXT: coloured on a terminal only, and not where NO_COLOR asks for none (no-color.org).
colour() { if [ -t "$1" ] && [ -z "${NO_COLOR:-}" ]; then printf '\033[%sm%s\033[0m' "$2" "$3"; else printf '%s' "$3"; fi; }
say()  { printf '%s %s\n' "$(colour 1 1 '==>')" "$*"; }
warn() { printf '%s %s\n' "$(colour 2 33 warning:)" "$*" >&2; }
die()  { printf '%s %s\n' "$(colour 2 31 error:)" "$*" >&2; exit 1; }

# usage: the comment block at the head of the calling script is its --help.
usage() { sed -n '2,/^[^#]/{/^#/s/^# \{0,1\}//p}' "$0"; exit 0; }

need_dotnet() {
  command -v dotnet >/dev/null || die "the .NET 10 SDK is missing. Install it from https://dot.net (global.json names the version), then run this again."
  dotnet --version >/dev/null 2>&1 || die "no .NET SDK here satisfies global.json: $(dotnet --version 2>&1 | head -1)"
}

# node_modules [--omit=dev] DIR...: npm ci where the installed tree does not match the lock file.
node_modules() {
  local omit=() stamp=.installed
  if [ "$1" = --omit=dev ]; then omit=(--omit=dev) stamp=.installed-to-run; shift; fi
  command -v npm >/dev/null || die "Node.js (20 or newer, with npm) is missing: the storage emulator runs on it. Install it from https://nodejs.org."
  local dir
  for dir; do
    if ! cmp -s "$dir/package-lock.json" "$dir/node_modules/.installed" && ! cmp -s "$dir/package-lock.json" "$dir/node_modules/$stamp"; then
      say "npm packages of $dir"
      (cd "$dir" && npm ci ${omit[@]+"${omit[@]}"} --no-audit --no-fund --loglevel=error) || die "npm ci failed in $dir; see above. A proxy or an offline registry is the usual cause."
      cp "$dir/package-lock.json" "$dir/node_modules/$stamp"
    fi
  done
}

present() {
  case $1 in
    # Debian's own interpreter: another python3 earlier in the path does not see Debian's modules.
    python3-qpid-proton) /usr/bin/python3 -c 'import proton' 2>/dev/null ;;
    python3-pandas) /usr/bin/python3 -c 'import pandas' 2>/dev/null ;;
    docker.io) command -v dockerd >/dev/null ;;
    libc6-dev) [ -e /usr/include/stdio.h ] ;;
    *) command -v "$1" >/dev/null ;;
  esac
}

# apt_get ARGUMENT...: quiet; waits up to ten minutes while somebody else (unattended upgrades on a new machine) holds one of its locks.
apt_get() {
  local output waited=0
  until output=$(DEBIAN_FRONTEND=noninteractive apt-get -o Acquire::Retries=5 "$@" 2>&1 </dev/null); do
    case $output in *"Could not get lock"* | *"Unable to lock"* | *"Unable to acquire the dpkg frontend lock"*) ;; *) return 1 ;; esac
    [ $waited -gt 0 ] || say "another program is installing packages: waiting for it"
    [ $((waited += 5)) -le 600 ] || return 1
    sleep 5
  done
}

# debian_packages NAME...: installs what is missing where that is possible; elsewhere names what goes without.
debian_packages() {
  local missing=() package
  for package; do present "$package" || missing+=("$package"); done
  [ ${#missing[@]} -eq 0 ] && return
  if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    say "Debian packages: ${missing[*]}"
    { apt_get update -qq || true; apt_get install -y -qq --no-install-recommends "${missing[@]}"; } \
      || warn "apt-get could not install ${missing[*]}"
  fi
  for package in "${missing[@]}"; do
    present "$package" || warn "$package is not installed: what needs it is left out. On Debian or Ubuntu: sudo apt-get install $package"
  done
}

# console: what the functions serve at /, built where its sources have changed.
console() {
  local dir=clients/console stamp=artifacts/console.sources sources
  sources=$(cd "$dir" && { cat package-lock.json vite.config.js index.html; find src -type f ! -name schema.d.ts -print0 | LC_ALL=C sort -z | xargs -0 cat; } | cksum)
  if [ -f "$dir/dist/index.html" ] && [ "$sources" = "$(cat "$stamp" 2>/dev/null)" ]; then return; fi
  node_modules --omit=dev "$dir"
  say "building the console"
  mkdir -p artifacts
  (cd "$dir" && npm run --silent build) >artifacts/console.log 2>&1 || { tail -20 artifacts/console.log >&2; die "the console could not be built."; }
  printf '%s\n' "$sources" >"$stamp"
}

# build [PROJECT]: says how far it is every 15 seconds, and what was wrong if it fails.
build() {
  local log=artifacts/build.log built=1 progress since=$SECONDS compiler=iot-$$
  mkdir -p artifacts
  console
  say "building ($CONFIGURATION); the first time packages are fetched, which takes minutes"
  {
    while sleep 15 >/dev/null 2>&1; do
      printf '    %d s, projects built: %d\n' $((SECONDS - since)) "$(grep -c -- ' -> ' "$log")"
    done
  } &
  progress=$!
  # One compiler for all projects, whatever the environment says, that ends with the build: each would load itself and the analyzers anew.
  dotnet build "${1:-IoTBackend.sln}" -c "$CONFIGURATION" -v m -p:UseSharedCompilation=true -p:SharedCompilationId=$compiler >"$log" 2>&1 </dev/null || built=0
  end_compiler "$compiler"
  kill "$progress" 2>/dev/null
  wait "$progress" 2>/dev/null
  if [ $built = 0 ]; then
    grep -E '(error|warning) [A-Z]+[0-9]+' "$log" | sort -u | head -40 >&2
    die "the build failed; the whole log is in $log. Where packages could not be restored, check the NuGet source (dotnet nuget list source)."
  fi
}

# end_compiler ID: by itself it would stay for ten minutes.
end_compiler() {
  dotnet "$(dotnet --info | sed -n 's/^ *Base Path: *//p')Roslyn/bincore/VBCSCompiler.dll" -shutdown "-pipename:$1" >/dev/null 2>&1
}

# native_agent: the agent as devices get it, for this machine: NATIVE_AGENT says where. In a folder of its own: a build beside it would lose its packages.
NATIVE_AGENT=artifacts/native/publish/Agent/release_linux-$(case $(uname -m) in aarch64) echo arm64 ;; *) echo x64 ;; esac)/iot-agent
native_agent() {
  debian_packages gcc libc6-dev
  say "compiling the agent natively"
  mkdir -p artifacts
  dotnet publish clients/Agent -c Release -r "$(basename "$(dirname "$NATIVE_AGENT")" | sed s/release_//)" -p:ArtifactsPath="$PWD/artifacts/native" -v q >artifacts/native.log 2>&1 </dev/null \
    || { grep -E 'error' artifacts/native.log | sort -u | head -5 >&2; warn "the agent could not be compiled natively; see artifacts/native.log"; return 1; }
  # Nothing may have changed: it is newer than the build all the same.
  touch "$NATIVE_AGENT"
}
