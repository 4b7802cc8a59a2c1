# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Completion for bash, of einhyrningsins and einhyrningsinsctl. To be installed as
# /usr/share/bash-completion/completions/einhyrningsinsctl, and einhyrningsins beside it as a link to it;
# or read with `.` from ~/.bashrc. What may be typed is asked of einhyrningsinsctl, so this need never change.

_einhyrningsins() {
    local line=${COMP_LINE:0:COMP_POINT} word colon=""
    local -a words
    COMPREPLY=()
    # a program:slot is one word to us, though bash may take it apart at the colon
    read -ra words <<<"$line"
    [[ $line != *[[:space:]] ]] || words+=("")
    word=${words[${#words[@]} - 1]}
    [[ $COMP_WORDBREAKS != *:* || $word != *:* ]] || colon=${word%:*}:
    local choice
    while IFS=$'\t' read -r choice _; do
        COMPREPLY+=("${choice#"$colon"}")
    done < <(einhyrningsinsctl complete "${1##*/}" "${words[@]:1}" 2>/dev/null)
    # where a file is to be named
    ((${#COMPREPLY[@]} > 0)) || mapfile -t COMPREPLY < <(_einhyrningsins_file "$word" "${words[@]}")
}

_einhyrningsins_file() {
    case ${2##*/}/${*: -2:1} in
    einhyrningsins/* | */-d | */--socket | */--socket-path) compgen -f -- "$1" ;;
    esac
}

complete -o filenames -F _einhyrningsins einhyrningsins einhyrningsinsctl
