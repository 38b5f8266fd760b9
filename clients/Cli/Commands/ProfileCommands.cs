using System.CommandLine;
using System.Text.Json.Nodes;
using IoTBackend.Cli.Connect;
using IoTBackend.Cli.Output;

namespace IoTBackend.Cli.Commands;

/// <summary><c>iot profiles ...</c>: backends by name.</summary>
internal static class ProfileCommands
{
    private static readonly Argument<string> Name = new("NAME") { Description = "Of the profile" };
    private static readonly Option<string> Url = new("--url") { Description = "Address of the backend", HelpName = "URL", Required = true };

    private static readonly Table<(string Name, string Url)> Table = new(new("PROFILE", p => p.Name), new("URL", p => p.Url));

    public static Verb Make(Surroundings around)
    {
        var list = new Verb("list", "Profiles; their keys are shown to nobody", "iot profiles list").Takes(Shared.Json);
        list.SetAction(parsed =>
        {
            if (parsed.GetValue(Shared.Json))
                around.Out.WriteLine(new JsonArray([.. Profiles.All(around).Select(p => new JsonObject { ["name"] = p.Name, ["url"] = p.Url })]).ToJsonString());
            else
                new Screen(around, json: false).List(Profiles.All(around), Table, $"No profile in {Profiles.File(around)}.");
        });
        var set = new Verb("set", "Makes or replaces a profile; the operator key is read from standard input",
            "iot profiles set prod --url https://iot.example.com < key.txt", "IOT_PROFILE=prod iot status").Takes(Name, Url);
        set.SetAction(parsed =>
        {
            var url = Connection.Address(parsed.GetRequiredValue(Url));
            Profiles.Set(around, parsed.GetRequiredValue(Name), url, ReadKey(around));
            around.Error.WriteLine($"{parsed.GetRequiredValue(Name)} is kept in {Profiles.File(around)}, readable by you alone.");
        });
        var remove = new Verb("remove", "Forgets a profile and its key", "iot profiles remove prod").Takes(Name);
        remove.SetAction(parsed =>
        {
            var name = parsed.GetRequiredValue(Name);
            if (!Profiles.Remove(around, name))
                throw new CliException(ExitCode.NotFound, $"there is no profile '{name}' in {Profiles.File(around)}.");
            around.Error.WriteLine($"{name} is forgotten.");
        });
        return new Verb("profiles", "Backends by name, for --profile").Takes(list, set, remove).OrElseTheFirst();
    }

    private static string ReadKey(Surroundings around)
    {
        if (around.CanAsk)
            around.Error.Write("operator key (not shown): ");
        var key = around.CanAsk ? Unseen() : around.In.ReadLine();
        return key?.Trim() is { Length: > 0 } text ? text : throw CliException.Usage("no key came on standard input.");
    }

    private static string Unseen()
    {
        var key = new System.Text.StringBuilder();
        while (Console.ReadKey(intercept: true) is { Key: not ConsoleKey.Enter } pressed)
        {
            if (pressed.Key == ConsoleKey.Backspace && key.Length > 0)
                key.Length--;
            else if (pressed.KeyChar >= ' ')
                key.Append(pressed.KeyChar);
        }

        Console.Error.WriteLine();
        return key.ToString();
    }
}
