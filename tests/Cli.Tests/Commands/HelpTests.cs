using System.CommandLine;
using System.Text;
using IoTBackend.Cli.Commands;

namespace Cli.Tests.Commands;

public sealed class HelpTests : IDisposable
{
    private readonly Iot _iot = new();

    [Fact]
    public void The_reference_lists_the_commands_there_are()
    {
        const string Begin = "<!-- commands of iot, written by tests/Cli.Tests -->\n", End = "<!-- end -->";
        string[] path = ["docs", "reference", "commands.md"];
        var page = Repository.Read(path);
        var (from, to) = (page.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length, page.IndexOf(End, StringComparison.Ordinal));
        var list = new StringBuilder("| command | does |\n|---|---|\n");
        foreach (var verb in Leaves(IotCommand.Build(_iot.Around())))
            list.Append(null, $"| `{Usage(verb)}` | {verb.Description} |\n");
        Repository.AssertSnapshot(page[..from] + list + page[to..], path, "The commands changed, their reference did not.");
    }

    [Fact]
    public Task Every_command_explains_itself_with_an_example() =>
        Assert.AllAsync(Leaves(IotCommand.Build(_iot.Around())).Select(verb => IotCommand.Path(verb).Split(' ')[1..]).ToList(), async path =>
        {
            var (exitCode, output, _) = await _iot.RunAsync([.. path, "--help"]);
            Assert.Equal(0, exitCode);
            Assert.Contains("Examples:\n  ", output, StringComparison.Ordinal);
        });

    [Theory]
    [InlineData("iot al", "alerts")]
    [InlineData("iot alerts --st", "--state")]
    [InlineData("iot alerts --state ac", "acknowledged")]
    [InlineData("iot completion ", "fish")]
    public async Task A_shell_learns_what_may_come_next(string typed, string next)
    {
        var (exitCode, output, _) = await _iot.RunAsync($"[suggest:{typed.Length}]", typed);
        Assert.Equal(0, exitCode);
        Assert.Contains(next, output.Split('\n', StringSplitOptions.TrimEntries));
    }

    public void Dispose() => _iot.Dispose();

    private static IEnumerable<Verb> Leaves(Command command) =>
        command.Subcommands.Count > 0 ? command.Subcommands.SelectMany(Leaves) : command is Verb verb ? [verb] : [];

    private static string Usage(Verb verb) =>
        string.Join(' ', verb.Arguments.Select(a => a.Arity.MinimumNumberOfValues == 0 ? $"[{a.Name}]" : a.Name).Prepend(IotCommand.Path(verb)));
}
