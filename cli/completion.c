/*
 * cli/completion.c -- headrace completion: scripts by which a shell completes our commands.
 *
 * Each asks `headrace __complete` (complete.c) and does with the answer what its
 * shell needs.  "$1" and the like are the program as it was typed, so that a
 * headrace that is not in the path completes as well.
 */
#include <stdio.h>
#include <string.h>

#include "cli/cmd.h"

/*
 * Readline takes a word to begin behind each of COMP_WORDBREAKS, of which = : @
 * occur in our words: what stands before the last of them is no part of the answer.
 */
static const char bash[] =
"# bash completion for headrace: source this, or put it into\n"
"# /usr/share/bash-completion/completions/headrace\n"
"_headrace()\n"
"{\n"
"	local line=${COMP_LINE:0:COMP_POINT} breaks=${COMP_WORDBREAKS//[^=:@]/} words cur before= each\n"
"	read -ra words <<<\"$line\"\n"
"	[[ $line != *[[:space:]] ]] || words+=(\"\")\n"
"	cur=${words[${#words[@]} - 1]}\n"
"	[[ -z $breaks ]] || before=${cur%\"${cur##*[$breaks]}\"}\n"
"	COMPREPLY=()\n"
"	while IFS=$'\\t' read -r each _; do\n"
"		if [[ $each == :files ]]; then\n"
"			compopt -o filenames 2>/dev/null\n"
"			mapfile -t COMPREPLY < <(compgen -f -- \"${cur#\"$before\"}\")\n"
"			return\n"
"		fi\n"
"		COMPREPLY+=(\"${each#\"$before\"}\")\n"
"	done < <(\"$1\" __complete -- \"${words[@]:1}\" 2>/dev/null)\n"
"}\n"
"complete -F _headrace headrace\n";

static const char zsh[] =
"#compdef headrace\n"
"# zsh completion for headrace: source this after compinit, or put it into a\n"
"# folder of $fpath as _headrace\n"
"_headrace()\n"
"{\n"
"	local -a lines found\n"
"	local each\n"
"	lines=(\"${(@f)$(\"$words[1]\" __complete -- \"${(@)words[2,CURRENT]}\" 2>/dev/null)}\")\n"
"	if [[ $lines[1] == :files ]]; then\n"
"		_files\n"
"		return\n"
"	fi\n"
"	for each in \"${(@)lines}\"; do\n"
"		[[ -z $each ]] || found+=(\"${${each%%$'\\t'*}//:/\\\\:}:${each#*$'\\t'}\")\n"
"	done\n"
"	_describe headrace found\n"
"}\n"
"if [[ $funcstack[1] == _headrace ]]; then\n"
"	_headrace \"$@\"\n"
"else\n"
"	compdef _headrace headrace\n"
"fi\n";

static const char fish[] =
"# fish completion for headrace: source this, or put it into\n"
"# ~/.config/fish/completions/headrace.fish\n"
"function __headrace_complete\n"
"	set -l words (commandline -opc)\n"
"	set -l word (commandline -ct)\n"
"	set -l lines ($words[1] __complete -- $words[2..-1] \"$word\" 2>/dev/null)\n"
"	if test \"$lines[1]\" = :files\n"
"		__fish_complete_path \"$word\"\n"
"	else\n"
"		printf '%s\\n' $lines\n"
"	end\n"
"end\n"
"complete -c headrace -f -a '(__headrace_complete)'\n";

static enum err
completion(struct cli *c)
{
	static const struct { const char *shell, *script; } all[] = {
		{ "bash", bash }, { "zsh", zsh }, { "fish", fish },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (strcmp(c->args[0], all[i].shell) == 0) {
			fputs(all[i].script, stdout);
			return OK;
		}
	return cli_fail(c, ERR_BADREQ, "there is completion for bash, zsh and fish, not for \"%.40s\"",
	    c->args[0]);
}

const struct cli_cmd cli_completion = {
	"completion", "", "bash|zsh|fish", "print a script by which a shell completes commands\n"
	    "For bash: source <(headrace completion bash)", 1, 1, NULL, completion,
};
