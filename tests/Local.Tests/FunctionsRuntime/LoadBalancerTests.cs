using CsCheck;
using IoTBackend.Local.FunctionsHost.EventHubs;

namespace Local.Tests.FunctionsRuntime;

public sealed class LoadBalancerTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Expiry = TimeSpan.FromSeconds(20);

    [Fact]
    public void From_any_start_hosts_reach_even_shares_and_then_leave_them_alone() =>
        Gen.Select(Gen.Int[1, 32], Gen.Int[1, 8], Gen.Int[0, 9].Array[32], Gen.Int).Sample((count, hosts, start, seed) =>
        {
            var partitions = Enumerable.Range(0, count).Select(partition => $"{partition}").ToArray();
            // Owners 0..hosts-1 live, the rest are dead or nobody.
            var owners = partitions.Select((partition, i) => new Ownership(
                partition, start[i] == 9 ? "" : $"{start[i]}", null, start[i] < hosts ? Now : Now - Expiry)).ToDictionary(ownership => ownership.PartitionId);
            var random = new Random(seed);
            var moves = 0;
            for (var quiet = 0; quiet < hosts; moves++)
            {
                Assert.True(moves <= 40 * count + 40, "never settles");
                var self = $"{moves % hosts}";
                var choice = LoadBalancer.Choose(partitions, owners.Values, self, Now, Expiry, random);
                quiet = choice is null ? quiet + 1 : 0;
                if (choice is not null)
                    owners[choice.PartitionId] = choice with { Owner = self, LastModified = Now };
            }
            var shares = Enumerable.Range(0, hosts).Select(host => owners.Values.Count(ownership => ownership.Owner == $"{host}")).ToList();
            return shares.Sum() == count && shares.Max() - shares.Min() <= 1;
        });

    [Fact]
    public void A_partition_that_was_let_go_or_has_expired_is_taken_before_any_is_stolen()
    {
        Ownership[] owners = [Held("0", "other"), Held("1", "other"), Held("2", ""), Held("3", "dead") with { LastModified = Now - Expiry }];
        for (var seed = 0; seed < 20; seed++)
            Assert.Contains(Choose(owners, seed)?.PartitionId, (string?[])["2", "3"]);
    }

    [Fact]
    public void A_host_below_its_share_steals_from_the_one_that_has_more()
    {
        Ownership[] owners = [Held("0", "greedy"), Held("1", "greedy"), Held("2", "greedy"), Held("3", "modest")];
        Assert.Equal("greedy", Choose(owners, 1)?.Owner);
    }

    private static Ownership Held(string partition, string owner) => new(partition, owner, null, Now);

    private static Ownership? Choose(Ownership[] owners, int seed) =>
        LoadBalancer.Choose([.. owners.Select(ownership => ownership.PartitionId)], owners, "self", Now, Expiry, new(seed));
}
