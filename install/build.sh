# Shared by ./run and ./test: one way to configure and build, silent unless it fails.
# Debian's own tools first: a Python of another origin would lack the modules installed above.
export PATH="/usr/sbin:/usr/bin:/sbin:/bin:$PATH"
export CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
# Another clone of the same sources finds what this one compiled.
export CCACHE_NOHASHDIR=1

# build DIR "TARGET..." [meson options]: configures DIR if it is new or the options differ, then builds the targets (`all` for everything).
# What FIRST_OPTIONS holds counts for a new DIR only.
build() {
    local dir=$1 log
    read -ra targets <<<"$2"
    shift 2
    mkdir -p "$dir"
    log="$dir/build.log"
    if [ ! -e "$dir/build.ninja" ]; then
        echo "Configuring $(basename "$dir")"
        meson setup "$dir" "$here" ${FIRST_OPTIONS:-} "$@" >"$log" 2>&1 || failed "$log" "The configuration failed"
    elif [ $# -gt 0 ]; then
        # A directory from before an option was new does not know it: then everything is read again.
        meson configure "$dir" "$@" >"$log" 2>&1 || meson setup --reconfigure "$dir" "$here" "$@" >"$log" 2>&1 || failed "$log" "The configuration failed"
    fi
    # `ninja -n` says `no work to do` when there is none; a first build takes minutes, which people should be told.
    ninja -C "$dir" -n "${targets[@]}" 2>/dev/null | grep -q 'no work to do' || echo "Building (the first time takes some minutes)"
    ninja -C "$dir" "${targets[@]}" >"$log" 2>&1 || failed "$log" "The build failed"
}

# failed LOG WHAT: shows what a person needs of a log, and ends the script.
failed() {
    { grep -E 'error|ERROR|FAILED|warning:' "$1" || tail -n 10 "$1"; } | head -n 40 >&2 || true
    echo "$2; all of its output is in $1" >&2
    exit 1
}
