# Completion of poller(1) for bash.
_poller() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} words before='' measures=''
    COMPREPLY=()
    [[ ${COMP_WORDS[1]} == compare || ${COMP_WORDS[1]} == sweep ]] && measures=1
    case $prev in
    -m | --mode | --modes)
        words='sequential threads processes hybrid events'
        if [[ $measures ]]; then # several, with commas between
            [[ $cur == *,* ]] && before=${cur%,*},
            cur=${cur##*,}
            compopt -o nospace
        fi
        ;;
    -o | --output)
        words='text json jsonl csv none'
        [[ $measures ]] && words='text json none'
        ;;
    --host-key) words='accept-new strict off' ;;
    --doubt) words='ok fail' ;;
    --nonce) words='on off' ;;
    --retry-on | --resume-on)
        words='dns refused unreachable connect_timeout not_ssh kex hostkey_unknown hostkey_changed
            no_session login_prompt prompt silence total_timeout command_error truncated
            too_much_output peer_closed worker_lost internal'
        [[ $prev == --resume-on ]] && words+=' auth enable cancelled'
        ;;
    --stop-after)
        words='auth: connect_timeout: refused: unreachable: dns: silence: peer_closed: kex:'
        compopt -o nospace
        ;;
    --color) words='auto always never' ;;
    -p | --platform) words=$(poller platforms 2> /dev/null | awk 'NR > 1 {print $1}') ;;
    -f | --file | -i | --inventory | --commands | --known-hosts | --html | --resume)
        mapfile -t COMPREPLY < <(compgen -f -- "$cur")
        return
        ;;
    -O | --outdir | --session-log | --platforms)
        mapfile -t COMPREPLY < <(compgen -d -- "$cur")
        return
        ;;
    -n | --workers | --fanout | --forks)
        [[ $measures ]] && return
        words='auto'
        ;;
    --processes | --shards | -w | --hosts | -x | --exclude | \
        -l | --limit | -c | --command | -u | --user | -t | --connect-timeout | --timeout | \
        --total-timeout | --login-rate | --handshakes | --per-host | --jitter-start | --retry | \
        --retry-delay | --privilege | --repeat | --warm-up)
        return
        ;;
    *)
        if [[ ${COMP_WORDS[1]} == report && $COMP_CWORD -gt 1 && $cur != -* ]]; then
            mapfile -t COMPREPLY < <(compgen -f -- "$cur")
            return
        fi
        words=$(poller "${COMP_WORDS[1]}" --help 2> /dev/null | grep -oE -- '(^|[ ,])--?[a-zA-Z-]+' | tr -d ' ,')
        [[ $COMP_CWORD -eq 1 && $cur != -* ]] && words='run compare sweep report platforms version'
        [[ $COMP_CWORD -eq 1 || ${COMP_WORDS[1]} == -* ]] && [[ $cur == -* ]] &&
            words=$(poller --help 2> /dev/null | grep -oE -- '(^|[ ,])--?[a-zA-Z-]+' | tr -d ' ,')
        ;;
    esac
    mapfile -t COMPREPLY < <(compgen -P "$before" -W "$words" -- "$cur")
}
complete -F _poller poller
