using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using IoTBackend.Adapters.Shared;

namespace Infra.Tests;

/// <summary>
/// The app uses Microsoft's packages through stand-ins, so a member that only a stand-in has would break the Azure build.
/// RealMembers.txt lists what the app may use: each was looked up in the sources of the real packages.
/// </summary>
public sealed class StandInTests
{
    [Theory]
    [InlineData("IoTBackend.Adapters")]
    [InlineData("IoTBackend.Functions")]
    public void The_app_uses_only_members_that_the_real_packages_have(string assembly)
    {
        var real = Repository.Read("tests", "Infra.Tests", "RealMembers.txt").Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(l => l[0] != '#').ToHashSet();
        var used = MembersOfStandIns(assembly);
        Assert.NotEmpty(used);
        var unknown = used.Except(real).ToList();
        Assert.True(unknown.Count == 0, "Look these up in the real package, and if they are there, add them to RealMembers.txt:\n" + string.Join('\n', unknown));
    }

    /// <summary>Type.Member/parameters, from the compiled assembly's own references, so nothing can be overlooked.</summary>
    private static SortedSet<string> MembersOfStandIns(string assembly)
    {
        var path = Path.Combine(Path.GetDirectoryName(typeof(StorageClients).Assembly.Location)!, $"{assembly}.dll");
        using var file = new PEReader(File.OpenRead(path));
        var metadata = file.GetMetadataReader();
        var members = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var handle in metadata.MemberReferences)
        {
            var member = metadata.GetMemberReference(handle);
            if (TypeOf(metadata, member.Parent) is not { } type)
                continue;
            var parameters = member.GetKind() == MemberReferenceKind.Method ? ParameterCount(metadata.GetBlobReader(member.Signature)) : 0;
            members.Add($"{type}.{metadata.GetString(member.Name)}/{parameters}");
        }

        return members;
    }

    private static string? TypeOf(MetadataReader metadata, EntityHandle handle)
    {
        if (handle.Kind != HandleKind.TypeReference)
            return null;
        var type = metadata.GetTypeReference((TypeReferenceHandle)handle);
        if (type.ResolutionScope.Kind == HandleKind.TypeReference)
            return TypeOf(metadata, type.ResolutionScope) is { } outer ? $"{outer}.{metadata.GetString(type.Name)}" : null;
        if (type.ResolutionScope.Kind != HandleKind.AssemblyReference)
            return null;
        var name = metadata.GetString(metadata.GetAssemblyReference((AssemblyReferenceHandle)type.ResolutionScope).Name);
        return name.StartsWith("IoTBackend.Local.", StringComparison.Ordinal) ? $"{metadata.GetString(type.Namespace)}.{metadata.GetString(type.Name)}" : null;
    }

    private static int ParameterCount(BlobReader signature)
    {
        var header = signature.ReadSignatureHeader();
        if (header.IsGeneric)
            signature.ReadCompressedInteger();
        return signature.ReadCompressedInteger();
    }
}
