# Read by bash in a container of the lab when THINK is set: every command waits, once.
# An entered line waits before it runs (PS0 is expanded then); a command by SSH exec waits before
# it starts.  Setting up and leaving a session are not commands.
lab_think() {
    case $(HISTTIMEFORMAT='' history 1 | sed 's/^ *[0-9]* *//') in
    exit* | logout* | 'stty '* | 'export '* | 'unset '* | 'set '* | PS[0-9]=*) ;;
    *) sleep "$(cat /run/lab/think)" ;;
    esac
}
case $- in
*i*) PS0='$(lab_think)' ;;
*) sleep "$(cat /run/lab/think)" ;;
esac
