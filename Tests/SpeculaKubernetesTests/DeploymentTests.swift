import Foundation
import Testing

@testable import SpeculaConfiguration
@testable import SpeculaKubernetes

private let top = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

/// What `deploy/kubernetes` ships is what the source reads.
@Test(arguments: CustomResourceDefinition.all.indices)
func goldenDefinitionIsWhatTheSchemasSay(index: Int) throws {
    let definition = CustomResourceDefinition.all[index]
    let name = "deploy/kubernetes/components/crds/\(definition.plural).yaml"
    let url = top.appendingPathComponent(name)
    if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
        try definition.text.write(to: url, atomically: true, encoding: .utf8)
    }
    let shipped = try? String(contentsOf: url, encoding: .utf8)
    #expect(shipped == definition.text, "\(name): UPDATE_GOLDEN=1 rewrites it")
}

/// The static configurations that pods start with are read without a word.
@Test(arguments: ["base", "overlays/shadow", "components/gateway-api"])
func shippedConfigurationIsRead(folder: String) {
    let path = top.appendingPathComponent("deploy/kubernetes/\(folder)/specula.yml").path
    let loaded = StaticLoader.load(file: path, files: LocalFiles())
    #expect(loaded.configuration?.providers.kubernetesCRD != nil)
    #expect(loaded.diagnostics.isEmpty, "\(loaded.diagnostics)")
}

/// The roles let the providers read what they follow.
@Test(arguments: [
    ("base/rbac.yaml", ClusterResource.customResources),
    ("components/namespaced/rbac.yaml", ClusterResource.customResources),
    ("components/gateway-api/rbac.yaml", ClusterResource.gateways),
])
func rolesGrantWhatIsFollowed(file: String, resources: [[ClusterResource]]) throws {
    var granted: Set<String> = []
    for name in Set([file, file.hasPrefix("components/gateway") ? "base/rbac.yaml" : file]) {
        let text = try Array(Data(contentsOf: top.appendingPathComponent("deploy/kubernetes/\(name)")))
        for tree in ConfigurationDocument.parseAll(text, path: name).trees {
            for rule in tree.root.list("rules") where rule.list("verbs").contains(where: { $0.text == "watch" }) {
                for group in rule.list("apiGroups") {
                    for resource in rule.list("resources") { granted.insert("\(group.text)/\(resource.text)") }
                }
            }
        }
    }
    // A Role grants nothing outside its namespace: the configuration beside it does not ask.
    for resource in resources.joined() where resource.isNamespaced || !file.contains("namespaced") {
        #expect(granted.contains("\(resource.group)/\(resource.plural)"), "\(resource.group)/\(resource.plural)")
    }
}
