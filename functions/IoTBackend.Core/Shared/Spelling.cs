namespace IoTBackend.Core.Shared;

/// <summary>Finds the name somebody meant.</summary>
public static class Spelling
{
    private const int MostListed = 20;

    /// <summary>The end of a sentence: <c>did you mean 'x'?</c> where a known name is near, else the known names.</summary>
    /// <param name="written">What stands there.</param>
    /// <param name="known">What may stand there.</param>
    /// <param name="elsewhere">What may stand in another place, as a path: <c>battery.lowPercent</c>.</param>
    public static string Suggest(string written, IEnumerable<string> known, IEnumerable<string>? elsewhere = null)
    {
        var names = known.ToArray();
        var nearest = names.Concat(elsewhere ?? []).MinBy(name => Distance(written, Last(name)));
        return nearest is not null && Distance(written, Last(nearest)) <= Math.Max(2, Last(nearest).Length / 3) ? $"did you mean '{nearest}'?"
            : names.Length == 0 ? "none is taken here."
            : $"known are {string.Join(", ", names.Take(MostListed))}.";
    }

    private static string Last(string path) => path[(path.LastIndexOf('.') + 1)..];

    /// <summary>Letters to add, drop, change or swap with their neighbour, upper and lower case alike (optimal string alignment).</summary>
    internal static int Distance(string a, string b)
    {
        // A name is short; what is longer is no slip of the finger.
        const int Longest = 64;
        if (a.Length > Longest || b.Length > Longest)
            return int.MaxValue;
        var d = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
        {
            for (var j = 0; j <= b.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    d[i, j] = i + j;
                    continue;
                }

                var same = Same(a[i - 1], b[j - 1]);
                d[i, j] = Math.Min(Math.Min(d[i - 1, j], d[i, j - 1]) + 1, d[i - 1, j - 1] + (same ? 0 : 1));
                if (i > 1 && j > 1 && Same(a[i - 1], b[j - 2]) && Same(a[i - 2], b[j - 1]))
                    d[i, j] = Math.Min(d[i, j], d[i - 2, j - 2] + 1);
            }
        }

        return d[a.Length, b.Length];
    }

    private static bool Same(char a, char b) => char.ToLowerInvariant(a) == char.ToLowerInvariant(b);
}
