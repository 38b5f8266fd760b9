using System.CommandLine;
using System.CommandLine.Parsing;
using IoTBackend.Cli.Api;
using IoTBackend.Cli.Connect;
using IoTBackend.Cli.Output;

namespace IoTBackend.Cli.Commands;

/// <summary>A command with examples in its help.</summary>
internal sealed class Verb : Command
{
    public Verb(string name, string description, params string[] examples)
        : base(name, description)
    {
        Examples = examples;
        // A mistyped option would be taken for an argument.
        Validators.Add(result =>
        {
            foreach (var token in result.Children.OfType<ArgumentResult>().SelectMany(argument => argument.Tokens))
                if (token.Value.StartsWith("--", StringComparison.Ordinal))
                    result.AddError($"unknown option {token.Value}");
        });
    }

    public IReadOnlyList<string> Examples { get; }

    /// <summary>What it takes, in the order of the help.</summary>
    public Verb Takes(params Symbol[] symbols)
    {
        foreach (var symbol in symbols)
        {
            if (symbol is Argument argument)
                Arguments.Add(argument);
            else if (symbol is Option option)
                Options.Add(option);
            else
                Subcommands.Add((Command)symbol);
        }

        return this;
    }

    /// <summary>What it does where none of its commands is named: the first of them, without arguments.</summary>
    public Verb OrElseTheFirst()
    {
        var first = Subcommands[0];
        foreach (var option in first.Options)
            Options.Add(option);
        Action = first.Action;
        return this;
    }

    /// <summary>It talks to a backend: it takes <c>--profile</c>, <c>--url</c> and <c>--json</c>.</summary>
    public Verb Calls(Surroundings around, Func<Call, CancellationToken, Task> work) => Calls(around, async (call, cancellationToken) =>
    {
        await work(call, cancellationToken);
        return ExitCode.Done;
    });

    public Verb Calls(Surroundings around, Func<Call, CancellationToken, Task<int>> work)
    {
        Takes(Shared.Profile, Shared.Url, Shared.Json);
        SetAction(async (parsed, cancellationToken) =>
        {
            var screen = new Screen(around, parsed.GetValue(Shared.Json));
            var connection = Connection.Find(around, parsed.GetValue(Shared.Profile), parsed.GetValue(Shared.Url));
            if (connection.IsExposed)
                screen.Remark($"warning: {connection.Url} is not encrypted: the operator key can be read on the way.");
            using var backend = new Backend(connection);
            return await work(new(parsed, backend, screen, around), cancellationToken);
        });
        return this;
    }
}

/// <summary>Options of many commands.</summary>
internal static class Shared
{
    public static readonly Option<string> Profile = new("--profile") { Description = "A backend by its name in the configuration (iot profiles); IOT_PROFILE sets it", HelpName = "NAME" };

    public static readonly Option<string> Url = new("--url") { Description = "A backend by its address; IOT_URL sets it, else the stack on this machine", HelpName = "URL" };

    public static readonly Option<bool> Json = new("--json") { Description = "Print JSON, as the API answers it" };

    public static readonly Option<string> By = new("--by") { Description = "Who does this; the name of your account by default", HelpName = "WHO" };

    public static readonly Option<string> Seen = new("--seen") { Description = "Only while it still is as you saw it: the version that show printed", HelpName = "VERSION" };

    public static readonly Option<bool> Yes = new("--yes") { Description = "Do it without asking" };
}

/// <summary>A run of a command that talks to a backend.</summary>
internal sealed record Call(ParseResult Parsed, Backend Backend, Screen Screen, Surroundings Around)
{
    public T Get<T>(Argument<T> argument) => Parsed.GetRequiredValue(argument);

    public T? Get<T>(Option<T> option) => Parsed.GetValue(option);

    /// <summary>Null where nothing was given: 0 is a number.</summary>
    public bool Has(Option option) => Parsed.GetResult(option) is { Implicit: false };

    public string By => Get(Shared.By) ?? Around.Account;

    /// <summary>Asks before what cannot be taken back.</summary>
    /// <exception cref="CliException">No, or nobody is there to ask.</exception>
    public void Confirm(string question)
    {
        if (Get(Shared.Yes))
            return;
        if (!Around.CanAsk)
            throw CliException.Usage($"{question} Nobody is there to ask: say --yes.");
        Around.Error.Write($"{Words.Clean(question)} [y/N] ");
        if (Around.In.ReadLine()?.Trim() is not ("y" or "Y" or "yes"))
            throw new CliException(ExitCode.Failed, "Nothing was done.");
    }

    /// <summary>The same for each; goes on after one that failed, and ends as the first failure does.</summary>
    public async Task<int> EachAsync(IReadOnlyList<string> ids, Func<string, Task> work)
    {
        var exitCode = ExitCode.Done;
        foreach (var id in ids)
        {
            try
            {
                await work(id);
            }
            catch (CliException failed) when (ids.Count > 1 && failed.ExitCode is not ExitCode.Unavailable)
            {
                Screen.Remark($"iot: {id}: {failed.Message}");
                exitCode = exitCode == ExitCode.Done ? failed.ExitCode : exitCode;
            }
        }

        return exitCode;
    }
}
