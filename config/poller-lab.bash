# Completion of poller-lab(1) for bash.
_poller_lab() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} words
    COMPREPLY=()
    case $prev in
    -p | --persona) words=$(poller-lab personas 2> /dev/null | awk '{print $1}') ;;
    --misbehave) words=$(poller-lab misbehaviours 2> /dev/null | awk '{print $1}') ;;
    --dialect) words='poller netmiko' ;;
    -t | --transport) words='ssh telnet' ;;
    --direction) words='to-client to-server both' ;;
    --lab) words='sim docker' ;;
    -o | --output) words='text json' ;;
    -s | --stats | --device-file | --authorized-keys | --html | --python)
        mapfile -t COMPREPLY < <(compgen -f -- "$cur")
        return
        ;;
    --persona-dir | --from)
        mapfile -t COMPREPLY < <(compgen -d -- "$cur")
        return
        ;;
    *)
        if [[ $COMP_CWORD -eq 1 ]]; then
            words='sim inventory outputs personas misbehaviours relay experiments --help'
        else
            [[ ${COMP_WORDS[1]} == experiments && $cur != -* ]] &&
                words=$(poller-lab experiments --list 2> /dev/null | grep -oE '^[a-z-]+')
            words+=" "$(poller-lab "${COMP_WORDS[1]}" --help 2> /dev/null |
                grep -oE -- '^ +(-[a-zA-Z], )?--[a-z-]+' | grep -oE -- '--?[a-zA-Z-]+')
        fi
        ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}
complete -F _poller_lab poller-lab
