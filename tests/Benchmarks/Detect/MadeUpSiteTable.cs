using Core.Tests.Detection.Connectivity;

namespace IoTBackend.Benchmarks.Detect;

/// <summary>What the detectors say of sites that never were, kind by kind, as a table in Markdown.</summary>
internal static class MadeUpSiteTable
{
    public static int Run(int sites, string only, bool explains)
    {
        Console.WriteLine($"{sites} sites of each kind\n");
        Console.WriteLine(MadeUpScore.Header);
        var kinds = MadeUpSites.Kinds.Where(k => k.Contains(only, StringComparison.Ordinal)).AsParallel().AsOrdered();
        foreach (var (row, remarks) in kinds.Select(kind =>
        {
            var (score, remarks) = (new MadeUpScore(), new List<string>());
            for (var seed = 1; seed <= sites; seed++)
                score.Add(MadeUpSites.Make(kind, seed), explains ? remark => remarks.Add($"{kind} {seed}: {remark}") : null);
            return (score.Row(kind), remarks);
        }))
        {
            Console.WriteLine(row);
            remarks.ForEach(Console.Error.WriteLine);
        }

        return 0;
    }
}
