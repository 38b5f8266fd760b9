using System.CommandLine;

namespace IoTBackend.Cli.Commands;

/// <summary><c>iot completion SHELL</c>: a script that asks this program what may come next.</summary>
internal static class CompletionCommand
{
    private const string Bash = """
        _iot() {
            local IFS=$'\n'
            COMPREPLY=($(compgen -W "$("${COMP_WORDS[0]}" "[suggest:$COMP_POINT]" "$COMP_LINE" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
        }
        complete -o default -F _iot iot
        """;

    private const string Zsh = """
        _iot() {
            local -a suggestions=("${(@f)$("${words[1]}" "[suggest:$CURSOR]" "$BUFFER" 2>/dev/null)}")
            compadd -a suggestions
        }
        compdef _iot iot
        """;

    private const string Fish = "complete -c iot -f -a '(iot \"[suggest:\"(commandline -C)\"]\" (commandline) 2>/dev/null)'";

    public static Verb Make(Surroundings around)
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh or fish" };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var command = new Verb("completion", "Prints what makes a shell complete this program's commands", "source <(iot completion bash)", "iot completion fish > ~/.config/fish/completions/iot.fish").Takes(shell);
        command.SetAction(parsed => around.Out.WriteLine(parsed.GetRequiredValue(shell) switch { "bash" => Bash, "zsh" => Zsh, _ => Fish }));
        return command;
    }
}
