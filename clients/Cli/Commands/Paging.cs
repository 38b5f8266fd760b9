using System.CommandLine;

namespace IoTBackend.Cli.Commands;

/// <summary>Lists that come in pages.</summary>
internal static class Paging
{
    /// <summary>Every list takes as many.</summary>
    private const int LargestPage = 500;

    public static readonly Option<int> Top = new("--top") { Description = "How many at most", DefaultValueFactory = _ => 100, HelpName = "N" };

    public static readonly Option<bool> All = new("--all") { Description = "All of them, however many" };

    public static async Task<List<T>> ReadAsync<TPage, T>(Call call, Func<long, string?, Task<TPage>> read, Func<TPage, (IReadOnlyList<T>, string?)> open)
    {
        var wanted = Wanted(call);
        var entries = new List<T>();
        string? continuation = null;
        do
        {
            var (page, next) = open(await read(Math.Min(LargestPage, wanted - entries.Count), continuation));
            entries.AddRange(page);
            continuation = next;
        }
        while (continuation is not null && entries.Count < wanted);
        if (continuation is not null)
            More(call, entries.Count);
        return entries;
    }

    /// <summary>Of a list that comes as a whole.</summary>
    public static IReadOnlyList<T> Cut<T>(Call call, IReadOnlyList<T> whole, int wanted)
    {
        if (whole.Count > wanted)
            More(call, wanted);
        return [.. whole.Take(wanted)];
    }

    /// <exception cref="CliException">Not a number of entries.</exception>
    public static int Wanted(Call call) =>
        (call.Get(All) ? int.MaxValue : call.Get(Top)) is var wanted and > 0 ? wanted : throw CliException.Usage("--top needs a number from 1.");

    private static void More(Call call, int shown) => call.Screen.Remark($"The first {shown}; there are more: --all, or --top N.");
}
