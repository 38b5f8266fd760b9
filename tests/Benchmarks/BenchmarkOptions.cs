using System.Globalization;
using System.Text.RegularExpressions;

namespace IoTBackend.Benchmarks;

/// <summary>A benchmark's command line. What it may say is what the benchmark's help has: <c>--name VALUE</c> or <c>--name</c>, one to a line.</summary>
internal sealed partial class BenchmarkOptions
{
    private readonly Dictionary<string, string> _given = [];

    private BenchmarkOptions()
    {
    }

    /// <summary>Runs the benchmark, or says how it is run: 0 for <c>--help</c>, 2 for what the help does not have.</summary>
    public static async Task<int> RunAsync(string[] arguments, string help, Func<BenchmarkOptions, Task<int>> benchmark)
    {
        if (arguments.Contains("--help"))
        {
            Console.WriteLine(help);
            return 0;
        }

        try
        {
            return await benchmark(Parse(arguments, help));
        }
        catch (UsageException wrong)
        {
            Console.Error.WriteLine($"{wrong.Message}\n\n{help}");
            return 2;
        }
    }

    public bool Has(string name) => _given.ContainsKey(name);

    public string Text(string name, string otherwise) => _given.GetValueOrDefault(name, otherwise);

    public int Number(string name, int otherwise) => _given.TryGetValue(name, out var text) ? Positive(name, text) : otherwise;

    public TimeSpan Seconds(string name, int otherwise) => TimeSpan.FromSeconds(Number(name, otherwise));

    public int[] Numbers(string name, string otherwise) => [.. Text(name, otherwise).Split(',').Select(text => Positive(name, text))];

    private static int Positive(string name, string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 ? number : throw new UsageException($"{name} is not a whole number above 0: '{text}'.");

    private static BenchmarkOptions Parse(string[] arguments, string help)
    {
        var known = OptionLine().Matches(help).ToDictionary(line => line.Groups["name"].Value, line => line.Groups["value"].Success);
        var options = new BenchmarkOptions();
        for (var i = 0; i < arguments.Length; i++)
        {
            if (!known.TryGetValue(arguments[i], out var takesValue))
                throw new UsageException($"'{arguments[i]}' is unknown.");
            if (takesValue && i + 1 == arguments.Length)
                throw new UsageException($"{arguments[i]} needs a value.");
            options._given[arguments[i]] = takesValue ? arguments[++i] : "";
        }

        return options;
    }

    [GeneratedRegex(@"^ +(?<name>--[a-z-]+)(?<value> [A-Z]\S*)?  ", RegexOptions.Multiline)]
    private static partial Regex OptionLine();

    private sealed class UsageException(string message) : Exception(message);
}
