export * from '../../../../orpc-browser/page'
