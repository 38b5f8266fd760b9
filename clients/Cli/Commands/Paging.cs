using System.CommandLine;

namespace IoTBackend.Cli.Commands;

/// <summary>Lists that come in pages.</summary>
internal static class Paging
{
    private const int LargestPage = 1000;

    public static readonly Option<int> Top = new("--top") { Description = "How many at most", DefaultValueFactory = _ => 100, HelpName = "N" };

    public static readonly Option<bool> All = new("--all") { Description = "All of them, however many" };

    public static async Task<List<T>> ReadAsync<TPage, T>(Call call, Func<long, string?, Task<TPage>> read, Func<TPage, (IReadOnlyList<T>, string?)> open)
    {
        var wanted = call.Get(All) ? int.MaxValue : call.Get(Top);
        if (wanted < 1)
            throw CliException.Usage("--top needs a number from 1.");
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
            call.Screen.Remark($"The first {entries.Count}; there are more: --all, or --top N.");
        return entries;
    }
}
