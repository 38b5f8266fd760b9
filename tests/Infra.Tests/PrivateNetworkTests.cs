namespace Infra.Tests;

[Collection(Compiled.Name)]
public sealed class PrivateNetworkTests(Profiles profiles)
{
    [Theory]
    [InlineData("dev", "")]
    [InlineData("prod", "blob queue table vault")]
    [InlineData("closed", "blob namespace queue registry table vault")]
    public void Each_closed_service_has_endpoint_zone_link_and_group(string profile, string groups)
    {
        var expected = groups.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var deployment = profiles[profile];
        Assert.Equal(expected, deployment.Of("Microsoft.Network/privateEndpoints").Select(e => e.Name.Split('-')[^1]).Order());
        Assert.Equal(expected.Length, deployment.Of("Microsoft.Network/privateDnsZones").Select(z => z.Name).Distinct().Count());
        Assert.Equal(expected.Length, deployment.Of("Microsoft.Network/privateDnsZones/virtualNetworkLinks").Select(l => l.Name).Distinct().Count());
        Assert.Equal(expected.Length, deployment.Of("Microsoft.Network/privateEndpoints/privateDnsZoneGroups").Count());
    }

    [Theory]
    [InlineData("prod")]
    [InlineData("closed")]
    public void Each_endpoint_leads_to_a_resource_of_this_deployment(string profile)
    {
        var ids = profiles[profile].Resources.Select(r => r.Id).ToHashSet(StringComparer.Ordinal);
        Assert.All(profiles[profile].Of("Microsoft.Network/privateEndpoints"), endpoint =>
        {
            var connection = endpoint.Json.GetProperty("properties").GetProperty("privateLinkServiceConnections")[0].GetProperty("properties");
            Assert.Contains(connection.GetProperty("privateLinkServiceId").GetString()!, ids);
        });
    }

    [Theory]
    [InlineData("dev", false)]
    [InlineData("prod", true)]
    public void The_app_sends_from_inside_the_network_when_there_is_one(string profile, bool inside) =>
        Assert.Equal(inside, profiles[profile].One("Microsoft.Web/sites")["properties.virtualNetworkSubnetId"]?.EndsWith("/subnets/app", StringComparison.Ordinal) ?? false);

    [Theory]
    [InlineData("prod", "10.40.0.0/26", "10.40.0.64/26")]
    [InlineData("closed", "10.8.0.0/25", "10.8.0.128/25")]
    public void The_subnets_fit_the_address_space_and_do_not_overlap(string profile, string app, string endpoints)
    {
        var subnets = profiles[profile].One("Microsoft.Network/virtualNetworks").Json.GetProperty("properties").GetProperty("subnets");
        Assert.Equal(app, subnets[0].GetProperty("properties").GetProperty("addressPrefix").GetString());
        Assert.Equal(endpoints, subnets[1].GetProperty("properties").GetProperty("addressPrefix").GetString());
        Assert.Contains("Microsoft.App/environments", subnets[0].GetRawText(), StringComparison.Ordinal);
    }
}
